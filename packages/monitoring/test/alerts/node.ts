/** The cases of the alerts on the process. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import type { Case } from "../support/case.ts"
import { count, seen, series } from "../support/series.ts"

const { runtime } = catalogue

const fired = (severity: string) => ({ job: "shop", instance: "one", severity })

const major = { v8js_gc_type: "major" }

const heap = (old: string) => [
  series(runtime.heapUsed, { v8js_heap_space_name: "old_space" }, old),
  series(runtime.heapUsed, { v8js_heap_space_name: "new_space" }, "10x60"),
  series(runtime.heapLimit, {}, "100x60")
]

const collected = (seconds: string, times: string) => [
  seen(),
  count(runtime.garbageCollectionDuration, major, times),
  sum(seconds)
]

const sum = (values: string) => {
  const one = count(runtime.garbageCollectionDuration, major, values)
  return { ...one, series: one.series.replace("_count{", "_sum{") }
}

export const nodeCases: ReadonlyArray<Case> = [
  {
    alert: "EventLoopBlocked",
    when: "timers are late by a fifth of a second from the tenth minute on",
    series: [series(runtime.eventLoopDelayP99, {}, "0.02x10 0.2x50")],
    firesAt: 21,
    firing: [
      {
        labels: fired("warning"),
        summary: "The event loop of one of shop is blocked.",
        description:
          "One in a hundred timers of one is 200ms late or more, and so is everything else that it does. Take a profile of the process, and check whether it lacks processor time."
      }
    ],
    healthy: {
      when: "it stands still for a second each minute, and in every third minute for more",
      series: [
        series(runtime.eventLoopDelayP99, {}, "0.02 0.02 0.5 0.02 0.02 0.5 0.02 0.02 0.5 0.02x50"),
        series(runtime.eventLoopDelayMax, {}, "1x60")
      ]
    }
  },
  {
    alert: "HeapNearLimit",
    when: "what is left after each collection is 91% of the limit",
    series: heap("50x10 81 85 81 85 81 85 81 85 81x40"),
    firesAt: 22,
    firing: [
      {
        labels: fired("critical"),
        summary: "The heap of one of shop is almost full.",
        description:
          "91% of the heap's limit was used by one all the time in the last 5 minutes. At 100% the process ends. Restart it before it does, then find what it holds."
      }
    ],
    healthy: {
      when: "garbage fills it again and again, and goes",
      series: heap("50x5 85 85 40 85 85 40 85 85 40 85 85 40x40")
    }
  },
  {
    alert: "GarbageCollectionHeavy",
    when: "a fifth of the time goes into it from the tenth minute on",
    series: collected("0x10 12+12x50", "0+6x60"),
    firesAt: 26,
    firing: [
      {
        labels: fired("warning"),
        summary: "one of shop is busy with garbage collection.",
        description:
          "one spent 20% of the last 10 minutes in garbage collection. Check whether its heap is almost full, then which code makes so much garbage."
      }
    ],
    healthy: {
      when: "one collection of a large heap a minute takes as long",
      series: collected("0x10 12+12x50", "0+1x60")
    }
  }
]
