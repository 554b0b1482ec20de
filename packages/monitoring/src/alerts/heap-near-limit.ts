/** The heap of a process is almost full. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { gauge } from "../promql/select.ts"
import { collecting, heapShare } from "../rules/node.ts"
import { recorded } from "../rules/recording.ts"
import { alert, percentage } from "./alert.ts"
import { percent } from "./text.ts"
import { share } from "./threshold.ts"

const { runtime } = catalogue

export const heapNearLimit = alert({
  name: "HeapNearLimit",
  severity: "critical",
  for: "6m",
  keepFiringFor: "5m",
  thresholds: { share: share(0.9, "the heap's limit that is used all the time in 5 minutes") },
  threshold: (set) =>
    `The least that was used in 5 minutes is above ${percent(set.share)} of the limit: garbage that is still there doesn't count.`,
  expression: (set) => recorded(heapShare).minOver("5m").above(set.share),
  summary: (label) => `The heap of ${label("instance")} of ${label("job")} is almost full.`,
  description: (label) =>
    `${percentage} of the heap's limit was used by ${label("instance")} all the time in the last 5 minutes. At 100% the ` +
    "process ends. Restart it before it does, then find what it holds.",
  runbook: {
    meaning:
      "A process uses almost all of the heap that V8 allows it. When it needs more, the process ends with " +
      "`JavaScript heap out of memory`, and what it was doing is lost. Garbage collection takes more and more time before.",
    firstLook: [
      { question: "How full is it? A steady climb is a leak.", query: recorded(heapShare) },
      {
        question: "Which space is it?",
        query: gauge(runtime.heapUsed).sumBy("job", "instance", "v8js_heap_space_name")
      },
      { question: "What is the limit?", query: gauge(runtime.heapLimit).sumBy("job", "instance") },
      { question: "How much time goes into garbage collection?", query: recorded(collecting) }
    ],
    causes: [
      "A leak: the heap climbs from the start of the process, at the same pace whatever the traffic.",
      "Too much at once: large responses, result sets or queues in memory; the climb follows the traffic.",
      "A cache without a limit, or with one that is too high.",
      "The limit is lower than it could be: the container has more memory than `--max-old-space-size` allows."
    ],
    fix: [
      "Restart the process in order, so that it can finish or give back what it does.",
      "If it began with a release, roll back.",
      "Take a heap snapshot of another process of the service while it still has room: it needs as much memory again.",
      "If the container has more memory, raise `--max-old-space-size`."
    ],
    silence: "Do not silence it beyond the restart of the process: the next thing that happens is its end."
  }
})
