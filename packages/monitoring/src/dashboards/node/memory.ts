/** Memory and descriptors of each process, and how long it has run. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { heapNearLimit } from "../../alerts/heap-near-limit.ts"
import { gauge, secondsSince } from "../../promql/select.ts"
import type { Panel } from "../dashboard.ts"
import { process } from "../scope.ts"
import { empty } from "./event-loop.ts"

const { runtime } = catalogue

const by = ["job", "instance"] as const

export const memoryPanels = [
  {
    title: "Heap used, of its limit",
    kind: "lines",
    unit: "percentunit",
    description: "A sawtooth is normal. Its low points climb: a leak. At 100% the process ends.",
    alert: heapNearLimit,
    queries: [
      {
        query: gauge(runtime.heapUsed, process)
          .sumBy(...by)
          .dividedBy(gauge(runtime.heapLimit, process).sumBy(...by)),
        legend: "{{instance}}"
      }
    ],
    empty
  },
  {
    title: "Heap used and limit",
    kind: "lines",
    unit: "bytes",
    description: "Used close to the limit: the process ends soon.",
    alert: heapNearLimit,
    queries: [
      { query: gauge(runtime.heapUsed, process).sumBy(...by), legend: "{{instance}} used" },
      { query: gauge(runtime.heapLimit, process).sumBy(...by), legend: "{{instance}} limit" }
    ],
    empty
  },
  {
    title: "Heap used by space",
    kind: "stack",
    unit: "bytes",
    description: "The old space climbs: objects that stay. The large object space: big arrays and texts.",
    alert: heapNearLimit,
    queries: [
      {
        query: gauge(runtime.heapUsed, process).sumBy("job", "v8js_heap_space_name"),
        legend: "{{job}} {{v8js_heap_space_name}}"
      }
    ],
    empty
  },
  {
    title: "Heap reserved",
    kind: "lines",
    unit: "bytes",
    description: "What V8 has reserved, what of it is free, and what the system has given for it.",
    alert: heapNearLimit,
    queries: [
      { query: gauge(runtime.heapSize, process).sumBy("job"), legend: "{{job}} reserved" },
      { query: gauge(runtime.heapAvailable, process).sumBy("job"), legend: "{{job}} free" },
      { query: gauge(runtime.heapPhysical, process).sumBy("job"), legend: "{{job}} given" }
    ],
    empty
  },
  {
    title: "Resident and external memory",
    kind: "lines",
    unit: "bytes",
    description: "Resident climbs while the heap is flat: buffers, which are external, or native code.",
    alert: heapNearLimit,
    queries: [
      { query: gauge(runtime.memoryUsage, process).sumBy(...by), legend: "{{instance}} resident" },
      { query: gauge(runtime.externalMemory, process).sumBy(...by), legend: "{{instance}} external" }
    ],
    empty
  },
  {
    title: "File descriptors",
    kind: "lines",
    unit: "suffix: descriptors",
    description: "A climb: files or connections that are not closed. At the limit nothing can be opened.",
    alert: heapNearLimit,
    queries: [
      { query: gauge(runtime.fileDescriptors, process).sumBy(...by), legend: "{{instance}} open" },
      { query: gauge(runtime.fileDescriptorLimit, process).sumBy(...by), legend: "{{instance}} limit" }
    ],
    empty: "The system is not Linux, or RuntimeMetrics of observe/runtime is not in place."
  },
  {
    title: "Time since the start",
    kind: "lines",
    unit: "s",
    description: "Falls to 0: the process was restarted. By the process' clock, and by that of Prometheus.",
    alert: heapNearLimit,
    width: 24,
    queries: [
      { query: gauge(runtime.uptime, process).maxBy(...by), legend: "{{instance}}" },
      { query: secondsSince(gauge(runtime.startTime, process)), legend: "{{instance}} by Prometheus" }
    ],
    empty
  }
] as const satisfies ReadonlyArray<Panel>
