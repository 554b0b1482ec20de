/** A hundred thousand series in one export: all of them arrive, with their values, the second time too. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import type { Scope } from "effect/Scope"
import { MetricsService } from "../../src/observe/metrics.ts"
import { Telemetry } from "../../src/observe/telemetry.ts"
import { eventually } from "../support/eventually.ts"
import { collector } from "@parametric-portal/receivers/collector"
import { prometheus } from "@parametric-portal/receivers/prometheus"
import type { RealReceiver, Stored } from "@parametric-portal/receivers/stored"
import { victoriaMetrics } from "@parametric-portal/receivers/victoria-metrics"

const many = 100_000
const service = "many"

/** How many series there are, and the sum of their values. */
interface Total {
  readonly count: number
  readonly sum: number
}

const expected = (factor: number): Total => ({ count: many, sum: (factor * many * (many - 1)) / 2 })

const totalOf = (all: ReadonlyArray<Stored>): Total => {
  const ours = all.filter(({ name }) => name === "jobs_enqueued_total")
  return { count: ours.length, sum: ours.reduce((sum, { value }) => sum + value, 0) }
}

/** A receiver that adds up by a query, instead of handing out everything. */
const queried = (receiver: { readonly query: (expression: string) => Promise<ReadonlyArray<Stored>> }) => async () => {
  const [count, sum] = await Promise.all(
    ["count", "sum"].map((how) => receiver.query(`${how}(jobs_enqueued_total{job="${service}"})`))
  )
  return { count: count?.[0]?.value ?? 0, sum: sum?.[0]?.value ?? 0 }
}

interface Case {
  readonly receiver: Pick<RealReceiver, "url">
  readonly total: () => Promise<Total>
}

const cases: ReadonlyArray<{ readonly name: string; readonly make: Effect.Effect<Case, never, Scope> }> = [
  {
    name: "the collector",
    make: Effect.map(collector({ memory: 2_000 }), (receiver) => ({
      receiver,
      total: () => receiver.all(service).then(totalOf)
    }))
  },
  { name: "Prometheus", make: Effect.map(prometheus(), (receiver) => ({ receiver, total: queried(receiver) })) },
  {
    name: "VictoriaMetrics",
    make: Effect.map(victoriaMetrics, (receiver) => ({ receiver, total: queried(receiver) }))
  }
]

const telemetry = (url: string) =>
  Telemetry.layer({
    serviceName: service,
    interval: "1 minute",
    registries: "own",
    destinations: [{ type: "otlp", url, protocol: "http/protobuf", compression: "gzip" }]
  })

const metrics = MetricsService.layer({ registry: "own", limits: { default: 2 * many } })

describe("a hundred thousand series", { timeout: 180_000 }, () => {
  for (const { make, name } of cases) {
    it.scopedLive(`arrive at ${name}`, () =>
      Effect.gen(function* () {
        const { receiver, total } = yield* make
        yield* Effect.gen(function* () {
          const { jobs } = yield* MetricsService
          const series = yield* Effect.forEach(Array.from({ length: many }).keys(), (index) =>
            MetricsService.series(jobs.enqueued, { job_type: `type-${index}` })
          )
          for (const factor of [1, 2]) {
            series.forEach((one, index) => one.record(index))
            const reports = yield* Telemetry.flush
            expect(reports.flatMap(({ failures }) => failures)).toEqual([])
            const right = expected(factor)
            expect(yield* eventually(Effect.promise(total), ({ sum }) => sum === right.sum)).toEqual(right)
          }
        }).pipe(Effect.provide(Layer.provideMerge(telemetry(receiver.url), metrics)))
      }).pipe(Effect.provide(Logger.remove(Logger.defaultLogger)))
    )
  }
})
