/** Who holds which shards, which runners are there, where singletons run. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { clusterRunnerLost } from "../../alerts/cluster-runner-lost.ts"
import { clusterShardsDoubleOwned } from "../../alerts/cluster-shards-double-owned.ts"
import { clusterShardsUnowned } from "../../alerts/cluster-shards-unowned.ts"
import { singletonNotRunning } from "../../alerts/singleton-not-running.ts"
import { counter, gauge } from "../../promql/select.ts"
import { succeeded, unsuccessful } from "../../promql/values.ts"
import { runners, shards, shardsConfigured } from "../../rules/cluster.ts"
import { recorded } from "../../rules/recording.ts"
import { process, service } from "../scope.ts"
import type { Panel } from "../dashboard.ts"

const { cluster } = catalogue

export const shardPanels = [
  {
    title: "Shards held against configured",
    kind: "lines",
    unit: "suffix: shards",
    description:
      "Below the configured number: entities of unowned shards answer nobody. Above it: some shards have two owners.",
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
    description: "About equal. One at 0 takes no part; one far above the others took over and keeps.",
    alert: clusterShardsUnowned,
    queries: [{ query: gauge(cluster.shardsHeld, process).sumBy("instance"), legend: "{{instance}}" }]
  },
  {
    title: "Shard moves",
    kind: "lines",
    unit: "suffix: shards/s",
    description:
      "Acquired and released in a rollout. Lost: locks expired or the storage was away. Without end: a fight for locks.",
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
      "Dead: a runner went without good-bye. Error: the check itself failed. Alive and dead in turns: a bad network.",
    alert: clusterRunnerLost,
    queries: [
      {
        query: counter(cluster.runnerHealthChecks, process).rate("$__rate_interval").sumBy("result"),
        legend: "{{result}}"
      }
    ],
    empty: "A single runner has none to check."
  },
  {
    title: "Tries to reach other runners",
    kind: "stack",
    unit: "suffix: tries/s",
    description:
      "Failures are tried again unseen by callers, who just wait. A steady rate: a runner that can't be reached.",
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
    empty: "A single runner has none to reach."
  },
  {
    title: "Singletons by runner",
    kind: "stack",
    unit: "suffix: singletons",
    description:
      "Each exactly once. 0: what it does is not done. 2: done twice, for as long as a shard has two owners.",
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
    title: "Runs of singletons that ended",
    kind: "stack",
    unit: "suffix: runs/s",
    description:
      "A failed singleton starts again only when shards move. For schedules, each run counts, failed ones too.",
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
