/** The metrics of the process: its event loop, garbage collection, memory, processor time, and Effect's fibers. */
import { conventional } from "./conventional.ts"
import type { Rows } from "./row.ts"

/** The states of the event loop. */
export const eventLoopStates = ["active", "idle"] as const

/** The types of garbage collection. */
export const garbageCollections = ["incremental", "major", "minor", "weakcb"] as const

/** Whose work processor time went to. */
export const cpuModes = ["system", "user"] as const

const delay = <const Part extends string>(part: Part, what: string) =>
  conventional({
    name: `nodejs.eventloop.delay.${part}`,
    kind: "gauge",
    unit: "s",
    stability: "development",
    attributes: [],
    help: `${what} of how much later than due the event loop got to its timers, in the last window that is complete.`
  })

const space = ["v8js.heap.space.name"] as const

/** Every one of them is a boundary of Effect's own histogram, which counts milliseconds. */
const fiberBoundaries = Array.from({ length: 18 }, (_, power) => 2 ** power / 2000)

export const runtime = {
  eventLoopDelayMin: delay("min", "The least"),
  eventLoopDelayMax: delay("max", "The greatest"),
  eventLoopDelayMean: delay("mean", "The mean"),
  eventLoopDelayP50: delay("p50", "The median"),
  eventLoopDelayP90: delay("p90", "The 90th percentile"),
  eventLoopDelayP99: delay("p99", "The 99th percentile"),
  eventLoopUtilization: conventional({
    name: "nodejs.eventloop.utilization",
    kind: "gauge",
    unit: "1",
    stability: "development",
    attributes: [],
    help: "Part of the last complete window in which the event loop was not idle, from 0 to 1."
  }),
  eventLoopTime: conventional({
    name: "nodejs.eventloop.time",
    kind: "counter",
    unit: "s",
    stability: "development",
    attributes: ["nodejs.eventloop.state"],
    closed: { "nodejs.eventloop.state": eventLoopStates },
    help: "Time that the event loop spent in each state.",
    since: "process"
  }),
  garbageCollectionDuration: conventional({
    name: "v8js.gc.duration",
    kind: "histogram",
    unit: "s",
    stability: "development",
    attributes: ["v8js.gc.type"],
    closed: { "v8js.gc.type": garbageCollections },
    boundaries: [0.001, 0.01, 0.1, 1, 10],
    help: "Duration of one garbage collection, by type."
  }),
  heapUsed: conventional({
    name: "v8js.memory.heap.used",
    kind: "upDownCounter",
    unit: "By",
    stability: "development",
    attributes: space,
    help: "Memory of a heap space that holds objects."
  }),
  heapSize: conventional({
    name: "v8js.memory.heap.space.size",
    kind: "upDownCounter",
    unit: "By",
    stability: "development",
    attributes: space,
    help: "Memory of a heap space."
  }),
  heapAvailable: conventional({
    name: "v8js.memory.heap.space.available_size",
    kind: "upDownCounter",
    unit: "By",
    stability: "development",
    attributes: space,
    help: "Memory of a heap space that is free."
  }),
  heapPhysical: conventional({
    name: "v8js.memory.heap.space.physical_size",
    kind: "upDownCounter",
    unit: "By",
    stability: "development",
    attributes: space,
    help: "Memory of a heap space that the system has given."
  }),
  heapLimit: {
    name: "nodejs_heap_limit_bytes",
    kind: "gauge",
    unit: "By",
    labels: [],
    help: "The heap's limit: a process that needs more of it ends."
  },
  externalMemory: {
    name: "nodejs_external_memory_bytes",
    kind: "gauge",
    unit: "By",
    labels: [],
    help: "Memory outside of the heap that objects in it hold, as buffers do."
  },
  cpuTime: conventional({
    name: "process.cpu.time",
    kind: "counter",
    unit: "s",
    stability: "development",
    attributes: ["cpu.mode"],
    closed: { "cpu.mode": cpuModes },
    help: "Processor time of this process.",
    since: "process"
  }),
  memoryUsage: conventional({
    name: "process.memory.usage",
    kind: "upDownCounter",
    unit: "By",
    stability: "development",
    attributes: [],
    help: "Memory of this process that is resident."
  }),
  fileDescriptors: conventional({
    name: "process.unix.file_descriptor.count",
    kind: "upDownCounter",
    unit: "{file_descriptor}",
    stability: "development",
    attributes: [],
    help: "File descriptors that this process has open.",
    excludes: "Systems other than Linux."
  }),
  fileDescriptorLimit: {
    name: "process_file_descriptor_limit",
    kind: "gauge",
    unit: "{file_descriptor}",
    labels: [],
    help: "The most file descriptors that this process may have open.",
    excludes: "Systems other than Linux, and a process without a limit."
  },
  startTime: {
    name: "process_start_time_seconds",
    kind: "gauge",
    unit: "s",
    labels: [],
    help: "When this process started, in seconds since 1970."
  },
  uptime: conventional({
    name: "process.uptime",
    kind: "gauge",
    unit: "s",
    stability: "development",
    attributes: [],
    help: "Time since this process started."
  }),
  fibersStarted: {
    name: "effect_fibers_started_total",
    kind: "counter",
    unit: "{fiber}",
    labels: [],
    help: "Fibers that started.",
    since: "process"
  },
  fibersActive: {
    name: "effect_fibers_active",
    kind: "gauge",
    unit: "{fiber}",
    labels: [],
    help: "Fibers that have not ended."
  },
  fibersSucceeded: {
    name: "effect_fibers_succeeded_total",
    kind: "counter",
    unit: "{fiber}",
    labels: [],
    help: "Fibers that ended with a value.",
    since: "process"
  },
  fibersFailed: {
    name: "effect_fibers_failed_total",
    kind: "counter",
    unit: "{fiber}",
    labels: [],
    help: "Fibers that ended with a failure, a defect or an interruption.",
    since: "process"
  },
  fiberLifetime: {
    name: "effect_fiber_lifetime_seconds",
    kind: "histogram",
    unit: "s",
    labels: [],
    boundaries: fiberBoundaries,
    help: "Time from the start of a fiber to its end, in whole milliseconds of the wall clock.",
    since: "process"
  }
} as const satisfies Rows
