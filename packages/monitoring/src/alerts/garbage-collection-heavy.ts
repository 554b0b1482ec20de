/** A process spends too much of its time in garbage collection. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { amounts, gauge } from "../promql/select.ts"
import { collecting, collections, heapShare } from "../rules/node.ts"
import { recorded } from "../rules/recording.ts"
import { alert, percentage } from "./alert.ts"
import { count, percent } from "./text.ts"
import { least, share } from "./threshold.ts"

const { runtime } = catalogue

export const garbageCollectionHeavy = alert({
  name: "GarbageCollectionHeavy",
  severity: "warning",
  for: "10m",
  keepFiringFor: "10m",
  thresholds: {
    share: share(0.1, "the time that is spent in garbage collection"),
    least: least(20, "collections in 10 minutes")
  },
  threshold: (set) =>
    `At least ${count(set.least, "collection")} in 10 minutes that took more than ${percent(set.share)} of the time.`,
  expression: (set) => recorded(collecting).above(set.share).and(recorded(collections).atLeast(set.least)),
  summary: (label) => `${label("instance")} of ${label("job")} is busy with garbage collection.`,
  description: (label) =>
    `${label("instance")} spent ${percentage} of the last 10 minutes in garbage collection. Check whether its heap is ` +
    "almost full, then which code makes so much garbage.",
  runbook: (set) => ({
    meaning:
      `Collecting garbage takes more than ${percent(set.share)} of the time of a process. ` +
      "The event loop stands still meanwhile, so " +
      "everything is slower, and a heap that is almost full is the usual reason.",
    firstLook: [
      {
        question: "Which type? Minor: many short-lived objects. Major: the heap is full, or almost.",
        query: amounts(runtime.garbageCollectionDuration).rate("10m").sumBy("job", "instance", "v8js_gc_type")
      },
      { question: "How full is the heap?", query: recorded(heapShare) },
      { question: "How late is the event loop?", query: gauge(runtime.eventLoopDelayP99) }
    ],
    causes: [
      "The heap is almost full: major collections free little, and come more and more often. See HeapNearLimit.",
      "Code makes very many short-lived objects, as when large JSON is parsed: minor collections.",
      "The young generation is too small for the work: `--max-semi-space-size` is what it is by default."
    ],
    fix: [
      "If the heap is almost full, follow HeapNearLimit.",
      "Take an allocation profile, and change what allocates most.",
      "If minor collections lead, raise `--max-semi-space-size` and compare.",
      "If it began with a release, roll back."
    ],
    silence: "Silence by `instance` while the process is being looked at."
  })
})
