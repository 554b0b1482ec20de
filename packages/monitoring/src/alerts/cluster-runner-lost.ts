/** A runner was found dead and none took its place, or no runner reports any more. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { grown } from "../promql/grown.ts"
import { counter, gauge } from "../promql/select.ts"
import { foundDead, runners, shards } from "../rules/cluster.ts"
import { recorded } from "../rules/recording.ts"
import { alert, number } from "./alert.ts"

const { cluster } = catalogue

const most = recorded(runners).maxOver("1h")

export const clusterRunnerLost = alert({
  name: "ClusterRunnerLost",
  severity: "critical",
  for: "10m",
  gate:
    "Fewer runners than within the last hour, and the others found one dead: a rollout and a scaling down say good-bye. " +
    "No runner at all needs no witness.",
  expression: most
    .minus(recorded(runners))
    .above(0)
    .and(recorded(foundDead).above(0))
    .or(most.unless(recorded(runners))),
  summary: (label) => `A runner of ${label("job")} is lost.`,
  description: (label) =>
    `${number} of the runners that ${label("job")} had within the last hour are missing, and they did not say good-bye. ` +
    "See why the process went, and that the others took over its shards.",
  runbook: {
    meaning:
      "A runner went without handing over: it was killed, crashed, or is cut off. The others took its shards once its " +
      "locks expired, and what it had begun is delivered again. Nobody replaced it for ten minutes. If no runner reports " +
      "at all, the whole service is down, or its metrics do not arrive.",
    confirm: [
      { say: "How many runners report?", query: recorded(runners) },
      { say: "Which, and with how many shards?", query: gauge(cluster.shardsHeld) },
      { say: "Do the others hold all shards?", query: recorded(shards) },
      {
        say: "What do the health checks say?",
        query: grown(counter(cluster.runnerHealthChecks), "15m").sumBy("job", "result")
      }
    ],
    causes: [
      "The process was killed for its memory: the log of the machine or the orchestrator says so.",
      "It crashed: its own log ends with a stack.",
      "The machine is gone, or cut off from the network: its other processes are silent, too.",
      "It was stopped so fast that it could not hand over: the time for stopping is too short.",
      "It runs and only its metrics don't arrive: the health checks find it alive."
    ],
    fix: [
      "Start a runner in its place, if the orchestrator does not.",
      "See that the others hold all shards; if not, follow [ClusterShardsUnowned](ClusterShardsUnowned.md).",
      "Find out why it went, before the next one goes: a poison job goes from runner to runner.",
      "If it was stopped on purpose, make its stop longer than its longest run."
    ],
    silence:
      "Silence by `job` when the service was taken away or made smaller by force; it ends by itself after an hour."
  }
})
