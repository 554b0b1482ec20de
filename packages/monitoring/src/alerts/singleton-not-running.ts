/** A singleton that ran within the last day runs on no runner, and did not end successfully. */
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
  lasts: () => 86_400,
  thresholds: {},
  threshold:
    "It ran within the last day, did not end successfully, and runners report: ClusterRunnerLost covers a service " +
    "that is down.",
  expression: ran.unless(runs).unless(ended).andOn(["job"], recorded(runners)),
  summary: (label) => `The singleton ${label("singleton")} of ${label("job")} does not run.`,
  description: (label) =>
    `The singleton ${label("singleton")} ran within the last day (at most ${number} at a time on one runner), and ` +
    `now runs on none of the runners of ${label("job")}. Check how its last run ended: a failed singleton starts ` +
    "again only when shards move.",
  runbook: {
    meaning:
      "A singleton should run on exactly one runner, and runs on none. Singletons are usually schedules and cleanup " +
      "tasks, which do not happen now. A failed singleton stops silently and starts again only when shards move. " +
      "The alert forgets a singleton a day after it last ran.",
    firstLook: [
      { question: "Where does it run?", query: gauge(cluster.singletonsActive) },
      {
        question: "How did its runs end?",
        query: grown(counter(cluster.singletonRuns), "1d").sumBy("job", "singleton", "outcome")
      },
      { question: "Does its shard have an owner?", query: recorded(shards) },
      {
        question: "Did shards move when it stopped?",
        query: grown(counter(cluster.shardMoves), "1h").sumBy("job", "instance", "direction")
      }
    ],
    causes: [
      "Its last run ended in a failure or a defect: `outcome` tells which, the log has the error.",
      "Its shard has no owner: ClusterShardsUnowned fires too.",
      "A release removed or renamed it: it stopped with the rollout.",
      "It was interrupted, and no runner started it again."
    ],
    fix: [
      "Find out how its last run ended and fix that; let it retry internally, so that it does not end.",
      "Start it: restart the runner that holds its shard.",
      "If it was removed on purpose, silence the alert for a day.",
      "Check what it missed: skipped schedules are not caught up automatically."
    ],
    silence: "Silence by `singleton`, for a day, if it was removed or renamed on purpose."
  }
})
