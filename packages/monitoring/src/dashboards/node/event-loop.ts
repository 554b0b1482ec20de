/** The event loop, garbage collection and the processor: where the time of a process goes. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { eventLoopBlocked } from "../../alerts/event-loop-blocked.ts"
import { garbageCollectionHeavy } from "../../alerts/garbage-collection-heavy.ts"
import { amounts, counter, gauge, observations } from "../../promql/select.ts"
import type { Panel } from "../dashboard.ts"
import { percentile, process } from "../scope.ts"

const { runtime } = catalogue

const by = ["job", "instance"] as const

export const empty = "RuntimeMetrics of observe/runtime is not in place."

export const eventLoopPanels = [
  {
    title: "Event loop delay, high percentiles",
    kind: "lines",
    unit: "s",
    description: "The maximum alone is high: a single pause. All are: code blocks the loop, or it gets no processor.",
    alert: eventLoopBlocked,
    queries: [
      { query: gauge(runtime.eventLoopDelayP99, process).maxBy(...by), legend: "{{instance}} p99" },
      { query: gauge(runtime.eventLoopDelayMax, process).maxBy(...by), legend: "{{instance}} max" }
    ],
    empty
  },
  {
    title: "Event loop delay, usual",
    kind: "lines",
    unit: "s",
    description:
      "Of the process of each service that is latest. Normally flat and close together. The median rises: it has too " +
      "much to do all the time.",
    alert: eventLoopBlocked,
    queries: [
      { query: gauge(runtime.eventLoopDelayMin, process).maxBy("job"), legend: "{{job}} min" },
      { query: gauge(runtime.eventLoopDelayP50, process).maxBy("job"), legend: "{{job}} p50" },
      { query: gauge(runtime.eventLoopDelayMean, process).maxBy("job"), legend: "{{job}} mean" },
      { query: gauge(runtime.eventLoopDelayP90, process).maxBy("job"), legend: "{{job}} p90" }
    ],
    empty
  },
  {
    title: "Event loop utilization",
    kind: "lines",
    unit: "percentunit",
    description: "Close to 100%: no time is left, and everything waits.",
    alert: eventLoopBlocked,
    queries: [{ query: gauge(runtime.eventLoopUtilization, process).sumBy(...by), legend: "{{instance}}" }],
    empty
  },
  {
    title: "Event loop time by state",
    kind: "stack",
    unit: "percentunit",
    description: "How much of each second all selected processes were active and idle. No idle time: add processes.",
    alert: eventLoopBlocked,
    queries: [
      {
        query: counter(runtime.eventLoopTime, process).rate("$__rate_interval").sumBy("job", "nodejs_eventloop_state"),
        legend: "{{job}} {{nodejs_eventloop_state}}"
      }
    ],
    empty
  },
  {
    title: "Processor time",
    kind: "stack",
    unit: "percentunit",
    description: "100% is all of one processor. High for the system: much input and output, or memory pressure.",
    alert: eventLoopBlocked,
    queries: [
      {
        query: counter(runtime.cpuTime, process).rate("$__rate_interval").sumBy("instance", "cpu_mode"),
        legend: "{{instance}} {{cpu_mode}}"
      }
    ],
    empty
  },
  {
    title: "Time in garbage collection",
    kind: "stack",
    unit: "percentunit",
    description: "Above 10%: the process is slowed down. Major collections lead: the heap is almost full.",
    alert: garbageCollectionHeavy,
    queries: [
      {
        query: amounts(runtime.garbageCollectionDuration, process)
          .rate("$__rate_interval")
          .sumBy("job", "v8js_gc_type"),
        legend: "{{job}} {{v8js_gc_type}}"
      }
    ],
    empty
  },
  {
    title: "Garbage collections",
    kind: "stack",
    unit: "suffix: collections/s",
    description: "Minor ones follow the work. More and more major ones: the heap fills up.",
    alert: garbageCollectionHeavy,
    width: 12,
    queries: [
      {
        query: observations(runtime.garbageCollectionDuration, process)
          .rate("$__rate_interval")
          .sumBy("job", "v8js_gc_type"),
        legend: "{{job}} {{v8js_gc_type}}"
      }
    ],
    empty
  },
  {
    title: "Duration of a garbage collection",
    kind: "lines",
    unit: "s",
    description:
      "The event loop stands still for so long each time. Known by buckets of powers of ten: 900 ms says between 100 ms " +
      "and 1 s. There for long: requests wait for it.",
    alert: garbageCollectionHeavy,
    width: 12,
    queries: [percentile(runtime.garbageCollectionDuration, process, "job", "v8js_gc_type")],
    empty
  }
] as const satisfies ReadonlyArray<Panel>
