/** The cases of the cluster alerts. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import type { Case } from "../support/case.ts"
import { buckets, count, seen, series } from "../support/series.ts"

const { cluster } = catalogue

const order = { entity_type: "Order" }
const one = { instance: "one" }
const two = { instance: "two" }
const three = { instance: "three" }

/** What each of the three runners is configured to share. */
const configured = [one, two, three].map((runner) => series(cluster.shardsConfigured, runner, "300x120"))

export const clusterCases: ReadonlyArray<Case> = [
  {
    alert: "ClusterShardsUnowned",
    when: "one of three runners gives its shards back and nobody takes them",
    series: [
      ...configured,
      series(cluster.shardsHeld, one, "100x60"),
      series(cluster.shardsHeld, two, "100x60"),
      series(cluster.shardsHeld, three, "100x10 0x50")
    ],
    firesAt: 21,
    firing: [
      {
        labels: { job: "shop", severity: "critical" },
        summary: "Shards of shop have no owner.",
        description:
          "No runner of shop holds 100 of its shards, and messages to their entities wait. Check whether all runners are up and healthy, and whether they can reach the lock storage."
      }
    ],
    healthy: {
      when: "the others take them within five minutes",
      series: [
        ...configured,
        series(cluster.shardsHeld, one, "100x14 150x60"),
        series(cluster.shardsHeld, two, "100x14 150x60"),
        series(cluster.shardsHeld, three, "100x10 0x50")
      ]
    }
  },
  {
    alert: "ClusterShardsDoubleOwned",
    when: "a runner that is cut off keeps what the others took",
    series: [
      ...configured,
      series(cluster.shardsHeld, one, "100x10 150x50"),
      series(cluster.shardsHeld, two, "100x10 150x50"),
      series(cluster.shardsHeld, three, "100x60")
    ],
    firesAt: 17,
    firing: [
      {
        labels: { job: "shop", severity: "critical" },
        summary: "Shards of shop have two owners.",
        description:
          "The runners of shop hold 100 more shards than there are, so entities may run twice. Check which runners hold more than their part, and stop the one whose locks are not in the storage."
      }
    ],
    healthy: {
      when: "the last numbers of a runner that was killed are seen for five more minutes",
      series: [
        ...configured,
        series(cluster.shardsHeld, one, "100x10 150x50"),
        series(cluster.shardsHeld, two, "100x10 150x50"),
        series(cluster.shardsHeld, three, "100x10 _x50")
      ]
    }
  },
  {
    alert: "ClusterRunnerLost",
    when: "one of three runners is killed, and the others find it dead",
    series: [
      seen(),
      series(cluster.shardsHeld, one, "100x12 150x60"),
      series(cluster.shardsHeld, two, "100x12 150x60"),
      series(cluster.shardsHeld, three, "100x10 stale"),
      series(cluster.runnerHealthChecks, { ...one, result: "dead" }, "0x10 1+1x60")
    ],
    firesAt: 21,
    firing: [
      {
        labels: { job: "shop", severity: "critical" },
        summary: "A runner of shop is lost.",
        description:
          "1 of the runners that shop had within the last hour are missing. Find out why they stopped, and check that the others took over their shards."
      }
    ],
    healthy: {
      when: "one of three runners is stopped in order",
      series: [
        seen(),
        series(cluster.shardsHeld, one, "100x12 150x60"),
        series(cluster.shardsHeld, two, "100x12 150x60"),
        series(cluster.shardsHeld, three, "100x10 0 stale"),
        series(cluster.runnerHealthChecks, { ...one, result: "dead" }, "0x72")
      ]
    }
  },
  {
    alert: "ClusterRunnerLost",
    when: "no runner reports any more",
    series: [series(cluster.shardsHeld, one, "150x10 stale"), series(cluster.shardsHeld, two, "150x10 stale")],
    firesAt: 21,
    firing: [
      {
        labels: { job: "shop", severity: "critical" },
        summary: "A runner of shop is lost.",
        description:
          "2 of the runners that shop had within the last hour are missing. Find out why they stopped, and check that the others took over their shards."
      }
    ],
    healthy: {
      when: "both are replaced, one after the other",
      series: [
        series(cluster.shardsHeld, one, "150x10 stale"),
        series(cluster.shardsHeld, two, "150x13 stale"),
        series(cluster.shardsHeld, { instance: "three" }, "_x10 150x60"),
        series(cluster.shardsHeld, { instance: "four" }, "_x13 150x60")
      ]
    }
  },
  {
    alert: "ClusterMailboxRejections",
    when: "two of ten messages a minute are refused",
    series: [
      seen(),
      series(cluster.errors, { ...order, type: "MailboxFull" }, "_x10 2+2x60"),
      count(cluster.messageLatency, { ...order, operation: "send" }, "0+10x70")
    ],
    firesAt: 24,
    firing: [
      {
        labels: { job: "shop", entity_type: "Order", severity: "warning" },
        summary: "Entities of type Order of shop refuse messages.",
        description:
          "20 messages to Order were refused in the last 10 minutes because the mailbox was full. Check whether the handlers got slower or the senders faster."
      }
    ],
    healthy: {
      when: "as many of ten thousand are",
      series: [
        seen(),
        series(cluster.errors, { ...order, type: "MailboxFull" }, "_x10 2+2x60"),
        count(cluster.messageLatency, { ...order, operation: "send" }, "0+10000x70")
      ]
    }
  },
  {
    alert: "ClusterMessageLatencyHigh",
    when: "a tenth of ten sends a minute takes up to five seconds",
    series: [
      seen(),
      count(cluster.messageLatency, { ...order, operation: "send" }, "0+10x70"),
      ...buckets(
        cluster.messageLatency,
        { ...order, operation: "send" },
        { 1: "0+9x70", 5: "0+10x70", "+Inf": "0+10x70" }
      )
    ],
    firesAt: 15,
    firing: [
      {
        labels: { job: "shop", entity_type: "Order", operation: "send", severity: "warning" },
        summary: "The operation send on Order of shop is slow.",
        description:
          "One in twenty send operations on Order took longer than 3s in the last 10 minutes. Check whether the time goes into waiting for the handler or into the handler."
      }
    ],
    healthy: {
      when: "one send a minute does, and there are no others",
      series: [
        seen(),
        count(cluster.messageLatency, { ...order, operation: "send" }, "0+1x70"),
        ...buckets(
          cluster.messageLatency,
          { ...order, operation: "send" },
          { 1: "0x70", 5: "0+1x70", "+Inf": "0+1x70" }
        )
      ]
    }
  },
  {
    alert: "ClusterRedeliveriesHigh",
    when: "two of ten messages a minute come again",
    series: [
      seen(),
      series(cluster.redeliveries, { ...order, reason: "storage" }, "_x10 2+2x60"),
      series(cluster.messagesReceived, { ...order, operation: "receive" }, "0+10x70")
    ],
    firesAt: 24,
    firing: [
      {
        labels: { job: "shop", entity_type: "Order", severity: "warning" },
        summary: "Messages to Order of shop are redelivered often.",
        description:
          "30 messages reached a handler of Order again in the last 15 minutes. The label reason of cluster_redeliveries_total tells whether entities restart, streams resume or runners are lost."
      }
    ],
    healthy: {
      when: "two of a hundred do, all the time",
      series: [
        seen(),
        series(cluster.redeliveries, { ...order, reason: "storage" }, "_x10 2+2x60"),
        series(cluster.messagesReceived, { ...order, operation: "receive" }, "0+100x70")
      ]
    }
  },
  {
    alert: "ClusterEntityRestartLoop",
    when: "an entity dies each minute",
    series: [seen(), series(cluster.entityRestarts, order, "_x10 1+1x60")],
    firesAt: 24,
    firing: [
      {
        labels: { job: "shop", entity_type: "Order", severity: "critical" },
        summary: "Entities of type Order of shop restart again and again.",
        description:
          "Entities of type Order were rebuilt 15 times after a defect in the last 15 minutes. Find the defect in the log, and the message that each restart follows."
      }
    ],
    healthy: { when: "three die once", series: [seen(), series(cluster.entityRestarts, order, "_x30 3x60")] }
  },
  {
    alert: "ClusterStorageErrors",
    when: "each save fails from the tenth minute on",
    series: [
      seen(),
      count(cluster.storageDuration, { storage_operation: "saveRequest" }, "0+6x10 60x60"),
      count(cluster.storageDuration, { storage_operation: "saveRequest", outcome: "failure" }, "_x10 6+6x60")
    ],
    firesAt: 20,
    firing: [
      {
        labels: { job: "shop", storage_operation: "saveRequest", severity: "critical" },
        summary: "The cluster storage of shop fails.",
        description:
          "60 saveRequest operations on the storage of shop failed in the last 10 minutes. Check whether the database responds, and whether its connections are used up."
      }
    ],
    healthy: {
      when: "one of a hundred fails, all the time",
      series: [
        seen(),
        count(cluster.storageDuration, { storage_operation: "saveRequest" }, "0+100x70"),
        count(cluster.storageDuration, { storage_operation: "saveRequest", outcome: "failure" }, "_x10 1+1x60")
      ]
    }
  },
  {
    alert: "ClusterBacklogGrowing",
    when: "ten messages a minute are left, and the oldest gets older",
    series: [
      series(cluster.backlog, { state: "pending" }, "0x10 10+10x80"),
      series(cluster.backlog, { state: "delivered" }, "5x90"),
      series(cluster.backlog, { state: "scheduled" }, "0+500x90"),
      series(cluster.backlogOldestAge, {}, "0x10 30+30x80")
    ],
    firesAt: 35,
    firing: [
      {
        labels: { job: "shop", severity: "warning" },
        summary: "The message backlog of shop grows.",
        description:
          "250 more stored messages are due and not done than at the lowest point of the last 30 minutes, and the oldest gets older. Check whether runners hold all shards, and whether their handlers keep up."
      }
    ],
    healthy: {
      when: "as many more are scheduled for later",
      series: [
        series(cluster.backlog, { state: "pending" }, "5x90"),
        series(cluster.backlog, { state: "delivered" }, "5x90"),
        series(cluster.backlog, { state: "scheduled" }, "0+500x90"),
        series(cluster.backlogOldestAge, {}, "0x10 30+30x80")
      ]
    }
  },
  {
    alert: "SingletonNotRunning",
    when: "it fails, and is not started again",
    series: [
      seen(),
      series(cluster.singletonsActive, { singleton: "Cleaner" }, "1x10 0x60"),
      series(cluster.singletonRuns, { singleton: "Cleaner" }, "0x70"),
      series(cluster.singletonRuns, { singleton: "Cleaner", outcome: "failure" }, "0x10 1x60"),
      series(cluster.shardsHeld, {}, "300x70")
    ],
    firesAt: 21,
    firing: [
      {
        labels: { job: "shop", singleton: "Cleaner", severity: "critical" },
        summary: "The singleton Cleaner of shop does not run.",
        description:
          "The singleton Cleaner ran within the last day (at most 1 at a time on one runner), and now runs on none of the runners of shop. Check how its last run ended: a failed singleton starts again only when shards move."
      }
    ],
    healthy: {
      when: "it moves to another runner within five minutes",
      series: [
        seen(),
        series(cluster.singletonsActive, { singleton: "Cleaner" }, "1x10 stale"),
        series(cluster.singletonsActive, { singleton: "Cleaner", ...two }, "0x14 1x60"),
        series(cluster.shardsHeld, {}, "300x70")
      ]
    }
  },
  {
    alert: "SingletonNotRunning",
    when: "the runner that had it is gone",
    series: [
      series(cluster.singletonsActive, { singleton: "Cleaner" }, "1x10 stale"),
      series(cluster.shardsHeld, two, "300x70")
    ],
    firesAt: 21,
    firing: [
      {
        labels: { job: "shop", singleton: "Cleaner", severity: "critical" },
        summary: "The singleton Cleaner of shop does not run.",
        description:
          "The singleton Cleaner ran within the last day (at most 1 at a time on one runner), and now runs on none of the runners of shop. Check how its last run ended: a failed singleton starts again only when shards move."
      }
    ],
    healthy: {
      when: "it ended by itself, with success",
      series: [
        seen(),
        series(cluster.singletonsActive, { singleton: "Cleaner" }, "1x10 0x60"),
        series(cluster.singletonRuns, { singleton: "Cleaner" }, "0x10 1x60"),
        series(cluster.shardsHeld, {}, "300x70")
      ]
    }
  }
]
