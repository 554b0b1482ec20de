/** A singleton that ran within the last day runs on no runner, and did not end by itself. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { grown } from "../promql/grown.ts"
import { counter, gauge } from "../promql/select.ts"
import { runners, shards, singletonSuccesses } from "../rules/cluster.ts"
import { recorded } from "../rules/recording.ts"
import { alert, number } from "./alert.ts"

const { cluster } = catalogue

const ran = gauge(cluster.singletonsActive).maxOver("1d").maxBy("job", "singleton").above(0)

const runs = gauge(cluster.singletonsActive).sumBy("job", "singleton").above(0)

const ended = recorded(singletonSuccesses).above(0)

export const singletonNotRunning = alert({
  name: "SingletonNotRunning",
  severity: "critical",
  for: "10m",
  gate: "It ran within the last day, did not end with success, and runners are there: a service that is down has its own alert.",
  expression: ran.unless(runs).unless(ended).andOn(["job"], recorded(runners)),
  summary: (label) => `The singleton ${label("singleton")} of ${label("job")} does not run.`,
  description: (label) =>
    `The singleton ${label("singleton")} ran ${number} at a time within the last day, and now runs on none of the runners ` +
    `of ${label("job")}. ` +
    "See how its last run ended: a singleton that failed starts again only when shards move.",
  runbook: {
    meaning:
      "A singleton should run on exactly one runner, and runs on none. Schedules and cleaners are usually singletons: what " +
      "they do does not happen. A failed singleton dies silently, and is started again only at the next change of shards. " +
      "The alert forgets a singleton a day after it last ran.",
    confirm: [
      { say: "Where does it run?", query: gauge(cluster.singletonsActive) },
      {
        say: "How did its runs end?",
        query: grown(counter(cluster.singletonRuns), "1d").sumBy("job", "singleton", "outcome")
      },
      { say: "Does its shard have an owner?", query: recorded(shards) },
      {
        say: "Did shards move when it went?",
        query: grown(counter(cluster.shardMoves), "1h").sumBy("job", "instance", "direction")
      }
    ],
    causes: [
      "Its last run ended with a failure or a defect: `outcome` says so, the log has it.",
      "Its shard has no owner: ClusterShardsUnowned fires, too.",
      "A release dropped or renamed it: it stopped with the rollout.",
      "It ended by interruption and no runner took it up."
    ],
    fix: [
      "Read how its last run ended, and fix that; let it retry inside, so that it does not die.",
      "Make it start: restart the runner that holds its shard.",
      "If it was removed on purpose, silence the alert for a day.",
      "Check what it did not do meanwhile: schedules that passed are not made up for by themselves."
    ],
    silence: "Silence by `singleton`, for a day, when it was removed or renamed on purpose."
  }
})
