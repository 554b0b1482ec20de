/** Memory and descriptors of each process, and how long it has run. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { heapNearLimit } from "../../alerts/heap-near-limit.ts"
import { gauge, secondsSince } from "../../promql/select.ts"
import type { Panel } from "../dashboard.ts"
import { process } from "../scope.ts"
import { empty } from "./event-loop.ts"

const { runtime } = catalogue

const withoutDescriptors = "The system is not Linux, or RuntimeMetrics of observe/runtime is not in place."

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
    title: "Heap used",
    kind: "lines",
    unit: "bytes",
    description:
      "One process far above those that do the same: something there holds more. All climb: the load, or a leak.",
    alert: heapNearLimit,
    queries: [{ query: gauge(runtime.heapUsed, process).sumBy(...by), legend: "{{instance}}" }],
    empty
  },
  {
    title: "Heap used by space",
    kind: "stack",
    unit: "bytes",
    description:
      "All selected processes together. The old space climbs: objects that stay. The large object space: big arrays " +
      "and texts.",
    alert: heapNearLimit,
    queries: [
      {
        query: gauge(runtime.heapUsed, process).sumBy("v8js_heap_space_name"),
        legend: "{{v8js_heap_space_name}}"
      }
    ],
    empty
  },
  {
    title: "Heap reserved",
    kind: "lines",
    unit: "bytes",
    description:
      "What V8 has reserved, what of it is free, and what the system has given for it. Free close to nothing while " +
      "reserved climbs: the heap is needed, and not only not yet collected.",
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
    description:
      "Resident of each process, external of all of a service. Resident climbs while the heap is flat: buffers, which " +
      "are external, or native code.",
    alert: heapNearLimit,
    queries: [
      { query: gauge(runtime.memoryUsage, process).sumBy(...by), legend: "{{instance}} resident" },
      { query: gauge(runtime.externalMemory, process).sumBy("job"), legend: "{{job}} external" }
    ],
    empty
  },
  {
    title: "File descriptors",
    kind: "lines",
    unit: "suffix: descriptors",
    description: "Files and connections that are open. They follow the load. A climb: some are not closed.",
    alert: heapNearLimit,
    queries: [{ query: gauge(runtime.fileDescriptors, process).sumBy(...by), legend: "{{instance}}" }],
    empty: withoutDescriptors
  },
  {
    title: "File descriptors, of their limit",
    kind: "lines",
    unit: "percentunit",
    description: "At 100% nothing can be opened, connections included: raise the limit, or find what is not closed.",
    alert: heapNearLimit,
    queries: [
      {
        query: gauge(runtime.fileDescriptors, process)
          .sumBy(...by)
          .dividedBy(gauge(runtime.fileDescriptorLimit, process).sumBy(...by)),
        legend: "{{instance}}"
      }
    ],
    empty: withoutDescriptors
  },
  {
    title: "Time since the start",
    kind: "lines",
    unit: "s",
    description: "Falls to 0: the process was restarted. By the process' clock, and by that of Prometheus.",
    alert: heapNearLimit,
    width: 16,
    queries: [
      { query: gauge(runtime.uptime, process).maxBy(...by), legend: "{{instance}}" },
      { query: secondsSince(gauge(runtime.startTime, process)), legend: "{{instance}} by Prometheus" }
    ],
    empty
  }
] as const satisfies ReadonlyArray<Panel>
