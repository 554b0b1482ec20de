/** What a million distinct label sets on one counter and one histogram leave in memory, at the default limit of 2,000. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Metric from "effect/Metric"
import { MetricsService } from "@parametric-portal/server/observe/metrics"
import * as Testing from "@parametric-portal/server/observe/testing"
import { claim, median, type Result } from "./harness.ts"
import { memory } from "./memory.ts"

const sets = 1_000_000
const services = 3

/** Measures `cardinality_1m_heap_mb`, for each of three services with a registry of its own. */
export const measure = async (): Promise<ReadonlyArray<Result>> => {
  const grown: Array<number> = []
  const resident: Array<number> = []
  const held: Array<unknown> = []
  for (let service = 0; service < services; service++) {
    const runtime = ManagedRuntime.make(Layer.provideMerge(Testing.layer(), Logger.remove(Logger.defaultLogger)))
    await runtime.runPromise(record(0, 100))
    const before = await memory()
    for (let from = 0; from < sets; from += 10_000) {
      await runtime.runPromise(record(from, 10_000))
    }
    const after = await memory()
    grown.push((after.heapUsed - before.heapUsed) / 2 ** 20)
    resident.push((after.rss - before.rss) / 2 ** 20)
    await runtime.runPromise(check(sets + 100))
    held.push(runtime)
  }
  if (held.length !== services) {
    throw new Error("the services were not kept")
  }
  return [
    { name: "cardinality_1m_heap_mb", value: median(grown), unit: "MB", samples: services },
    { name: "cardinality.resident", value: median(resident), unit: "MB", samples: services }
  ]
}

const record = (from: number, size: number) =>
  Effect.gen(function* () {
    const { jobs } = yield* MetricsService
    for (let index = from; index < from + size; index++) {
      const labels = MetricsService.label({ job_type: `type-${index}`, operation: "process" })
      yield* MetricsService.inc(jobs.completions, labels)
      yield* Metric.update(Metric.taggedWithLabels(jobs.processingSeconds, labels), Duration.seconds(index % 100))
    }
  })

const check = (calls: number) =>
  Effect.gen(function* () {
    const { jobs } = yield* MetricsService
    const snapshot = yield* Testing.snapshot
    const total = (name: string): number =>
      Object.entries(snapshot).reduce((sum, [text, value]) => {
        if (!text.startsWith(`${name}{`)) {
          return sum
        }
        return sum + (typeof value === "number" ? value : value.count)
      }, 0)
    const seriesOf = (name: string): number =>
      Object.keys(snapshot).filter((text) => text.startsWith(`${name}{`)).length
    claim("total of the counter", total(jobs.completions.row.name), calls)
    claim("values in the histogram", total(jobs.processingSeconds.row.name), calls)
    claim("series of the counter", seriesOf(jobs.completions.row.name), 2000)
    claim("series of the histogram", seriesOf(jobs.processingSeconds.row.name), 2000)
  })
