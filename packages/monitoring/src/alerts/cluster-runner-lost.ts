/** A runner was found dead and not replaced, or no runner reports any more. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { grown } from "../promql/grown.ts"
import { counter, gauge } from "../promql/select.ts"
import { foundDead, runners, shards } from "../rules/cluster.ts"
import { recorded } from "../rules/recording.ts"
import { alert, number } from "./alert.ts"
import { inWords } from "./text.ts"
import { allowed } from "./threshold.ts"

const { cluster } = catalogue

const most = recorded(runners).maxOver("1h")

export const clusterRunnerLost = alert({
  name: "ClusterRunnerLost",
  severity: "critical",
  for: "10m",
  lasts: () => 3600,
  thresholds: { allowed: allowed(0, "runners that may be missing") },
  threshold: (set) =>
    `${set.allowed === 0 ? "Fewer" : `More than ${set.allowed} fewer`} runners than within the last hour, and` +
    " a health check found one dead; a rollout or a scale-down stops " +
    "runners in order and does not fire. Or no runner reports at all.",
  expression: (set) =>
    most
      .minus(recorded(runners))
      .above(set.allowed)
      .and(recorded(foundDead).above(0))
      .or(most.unless(recorded(runners))),
  summary: (label) => `A runner of ${label("job")} is lost.`,
  description: (label) =>
    `${number} of the runners that ${label("job")} had within the last hour are missing. Find out why they ` +
    "stopped, and check that the others took over their shards.",
  runbook: (_, made) => ({
    meaning:
      "A runner stopped without handing over: it was killed, crashed or is cut off from the network. The others " +
      "took its shards when its locks expired, and redeliver what it had begun. It was not replaced for " +
      `${inWords(made.for)}. If no runner reports at all, the whole service is down, or its metrics do not arrive.`,
    firstLook: [
      { question: "How many runners report?", query: recorded(runners) },
      { question: "Which ones, and with how many shards?", query: gauge(cluster.shardsHeld) },
      { question: "Do the others hold all shards?", query: recorded(shards) },
      {
        question: "What do the health checks say?",
        query: grown(counter(cluster.runnerHealthChecks), "15m").sumBy("job", "result")
      }
    ],
    causes: [
      "The process was killed for using too much memory: see the log of the machine or the orchestrator.",
      "It crashed: its log ends with a stack trace.",
      "The machine is gone or cut off from the network: its other processes are silent too.",
      "It was killed before it could hand over: its stop timeout is too short.",
      "It runs, but its metrics do not arrive: the health checks find it alive."
    ],
    fix: [
      "Start a replacement, if the orchestrator does not.",
      "Check that the others hold all shards; if not, follow ClusterShardsUnowned.",
      "Find out why it stopped before the next one does: a poison job moves from runner to runner.",
      "If it was stopped on purpose, make its stop timeout longer than its longest run."
    ],
    silence: "Silence by `job` if the service was removed or shrunk by force. The alert ends by itself after an hour."
  })
})
