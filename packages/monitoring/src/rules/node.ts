/** Recording rules for each process: its heap and its garbage collection. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { grown } from "../promql/grown.ts"
import { amounts, gauge, observations } from "../promql/select.ts"
import { record, type Recording } from "./recording.ts"

const { runtime } = catalogue

export const heapShare = record(
  "instance:nodejs_heap_used:ratio",
  "Share of the heap's limit that is used, from 0 to 1.",
  gauge(runtime.heapUsed).sumBy("job", "instance").dividedBy(gauge(runtime.heapLimit).sumBy("job", "instance"))
)

export const collecting = record(
  "instance:v8js_gc_duration_seconds:rate10m",
  "Share of the time that a process spent in garbage collection in 10 minutes, from 0 to 1.",
  amounts(runtime.garbageCollectionDuration).rate("10m").sumBy("job", "instance")
)

export const collections = record(
  "instance:v8js_gc_collections:increase10m",
  "Garbage collections of a process in 10 minutes.",
  grown(observations(runtime.garbageCollectionDuration), "10m").sumBy("job", "instance")
)

export const nodeRecordings: ReadonlyArray<Recording> = [heapShare, collecting, collections]
