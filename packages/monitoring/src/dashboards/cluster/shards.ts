/** Which shards are held, which runners are up, and where do singletons run? */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { clusterRunnerLost } from "../../alerts/cluster-runner-lost.ts"
import { clusterShardsDoubleOwned } from "../../alerts/cluster-shards-double-owned.ts"
import { clusterShardsUnowned } from "../../alerts/cluster-shards-unowned.ts"
import { singletonNotRunning } from "../../alerts/singleton-not-running.ts"
import { counter, gauge } from "../../promql/select.ts"
import { healthCheck, shardMove, succeeded, unsuccessful } from "../../promql/values.ts"
import { runners, shards, shardsConfigured } from "../../rules/cluster.ts"
import { recorded } from "../../rules/recording.ts"
import { process, service } from "../scope.ts"
import type { Panel } from "../dashboard.ts"

const { cluster } = catalogue

export const shardPanels = [
  {
    title: "Shards held and configured",
    kind: "lines",
    unit: "suffix: shards",
    description:
      "Below the configured number: entities of unowned shards process nothing. Above it: some shards have two " +
      "owners.",
    alert: clusterShardsDoubleOwned,
    queries: [
      { query: recorded(shards, service), legend: "{{job}} held" },
      { query: recorded(shardsConfigured, service), legend: "{{job}} configured" }
    ]
  },
  {
    title: "Shards by runner",
    kind: "stack",
    unit: "suffix: shards",
    description:
      "Should be about equal. One at 0 takes no part; one far above the others took over shards and kept them.",
    alert: clusterShardsUnowned,
    queries: [{ query: gauge(cluster.shardsHeld, process).sumBy("instance"), legend: "{{instance}}" }]
  },
  {
    title: "Shard moves",
    kind: "lines",
    unit: "suffix: shards/s",
    description:
      `\`${shardMove.acquired}\` and \`${shardMove.released}\` in a rollout. \`${shardMove.lost}\`: locks expired, or the ` +
      "storage was unreachable. Without end: runners fight over locks.",
    alert: clusterShardsUnowned,
    queries: [
      {
        query: counter(cluster.shardMoves, process).rate("$__rate_interval").sumBy("direction"),
        legend: "{{direction}}"
      }
    ]
  },
  {
    title: "Runners",
    kind: "lines",
    unit: "suffix: runners",
    description: "Runners that report. A step down without a rollout: one is lost.",
    alert: clusterRunnerLost,
    queries: [{ query: recorded(runners, service), legend: "{{job}}" }]
  },
  {
    title: "Health checks of other runners",
    kind: "stack",
    unit: "suffix: checks/s",
    description:
      `\`${healthCheck.dead}\`: a runner stopped without handing over. \`${healthCheck.error}\`: the check itself ` +
      `failed. \`${healthCheck.alive}\` and \`${healthCheck.dead}\` in turns: an unreliable network.`,
    alert: clusterRunnerLost,
    queries: [
      {
        query: counter(cluster.runnerHealthChecks, process).rate("$__rate_interval").sumBy("result"),
        legend: "{{result}}"
      }
    ],
    empty: "A single runner has no others to check."
  },
  {
    title: "Attempts to reach other runners",
    kind: "stack",
    unit: "suffix: attempts/s",
    description:
      "Failures are retried; callers just wait longer. A steady rate of failures: a runner can't be reached.",
    alert: clusterRunnerLost,
    queries: [
      {
        query: counter(cluster.runnerSends, { ...process, outcome: succeeded })
          .rate("$__rate_interval")
          .sumBy("job"),
        legend: "{{job}} success"
      },
      {
        query: counter(cluster.runnerSends, { ...process, outcome: unsuccessful })
          .rate("$__rate_interval")
          .sumBy("job", "outcome", "type"),
        legend: "{{job}} {{outcome}} {{type}}"
      }
    ],
    empty: "A single runner has no others to reach."
  },
  {
    title: "Singletons by runner",
    kind: "stack",
    unit: "suffix: singletons",
    description:
      "Each should run exactly once. 0: its work is not done. 2: its work is done twice while a shard has two " +
      "owners.",
    alert: singletonNotRunning,
    width: 12,
    queries: [
      {
        query: gauge(cluster.singletonsActive, process).sumBy("singleton", "instance"),
        legend: "{{singleton}} on {{instance}}"
      }
    ],
    empty: "The service has no singletons."
  },
  {
    title: "Ended singleton runs",
    kind: "stack",
    unit: "suffix: runs/s",
    description:
      "A failed singleton starts again only when shards move. For schedules, each run counts, including failed " +
      "ones.",
    alert: singletonNotRunning,
    width: 12,
    queries: [
      {
        query: counter(cluster.singletonRuns, { ...process, outcome: succeeded })
          .rate("$__rate_interval")
          .sumBy("singleton"),
        legend: "{{singleton}} success"
      },
      {
        query: counter(cluster.singletonRuns, { ...process, outcome: unsuccessful })
          .rate("$__rate_interval")
          .sumBy("singleton", "outcome"),
        legend: "{{singleton}} {{outcome}}"
      }
    ],
    empty: "The service has no singletons, or none has ended."
  }
] as const satisfies ReadonlyArray<Panel>
