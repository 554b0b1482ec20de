/**
 * A server as a user of the library builds one: jobs, entities, a singleton and telemetry, on SQLite in memory. It
 * keeps itself busy in every way that jobs can end, and measures what a server with every other layer does.
 */
import * as Entity from "@effect/cluster/Entity"
import * as Singleton from "@effect/cluster/Singleton"
import * as Rpc from "@effect/rpc/Rpc"
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import { SingleRunner } from "@parametric-portal/server/infra/cluster"
import { Job, JobService } from "@parametric-portal/server/infra/jobs"
import { type HistogramOptions, MetricsService } from "@parametric-portal/server/observe/metrics"
import { Prometheus } from "@parametric-portal/server/observe/prometheus"
import { type OtlpOptions, Telemetry } from "@parametric-portal/server/observe/telemetry"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import { everyLayer } from "./every-layer.ts"

class Refused extends Schema.TaggedError<Refused>()("Refused", {}) {}

const backoff = { base: "100 millis", jitter: 0 } as const

const Digest = Job.make({
  type: "digest",
  payload: Schema.Number,
  success: Schema.Number,
  error: Refused,
  backoff,
  concurrency: 4
})

const Poison = Job.make({
  type: "poison",
  payload: Schema.Number,
  success: Schema.Void,
  error: Refused,
  maxAttempts: 2,
  backoff
})

const Endless = Job.make({
  type: "endless",
  payload: Schema.Number,
  success: Schema.Void,
  error: Schema.Never,
  priority: "low",
  concurrency: 1
})

const handlers = Layer.mergeAll(
  Digest.toLayer((n, { attempt }) =>
    n % 5 === 0 && attempt === 1 ? new Refused() : Effect.delay(Effect.succeed(n), "5 millis")
  ),
  Poison.toLayer(() => new Refused()),
  Endless.toLayer(() => Effect.never)
)

const Order = Entity.make("Order", [
  Rpc.make("Place", { payload: { n: Schema.Number }, success: Schema.Number, error: Refused })
])

const OrderLive = Order.toLayer(
  Effect.succeed(
    Order.of({
      Place: ({ payload: { n } }) => (n % 7 === 0 ? new Refused() : Effect.delay(Effect.succeed(n), "2 millis"))
    })
  ),
  { maxIdleTime: "2 seconds" }
)

const Cleaner = Singleton.make("Cleaner", Effect.never)

/** Submits, places, cancels, replays and repeats, some ten times a second. */
const customers = Effect.gen(function* () {
  const jobs = yield* JobService
  const order = yield* Order.client
  let n = 0
  yield* jobs.submit(Endless, 1)
  yield* jobs.submit(Endless, 2)
  const round = Effect.gen(function* () {
    n += 1
    yield* jobs.submit(Digest, n)
    yield* jobs.submit(Digest, n, { dedupeKey: "the same", delay: "1 minute" })
    yield* jobs.submit(Poison, n)
    yield* jobs.cancel(yield* jobs.submit(Digest, n, { delay: "1 minute" }))
    yield* Effect.ignore(order(`order-${n % 20}`).Place({ n }))
    if (n % 10 === 0) {
      const { items } = yield* jobs.deadLetters.list({ limit: 1 })
      yield* Effect.forEach(items, ({ id }) => jobs.deadLetters.replay(id))
    }
  })
  yield* Effect.repeat(Effect.catchAllCause(round, Effect.logError), Schedule.spaced("100 millis"))
})

/**
 * The server; `collector` is where its metrics are exported to, besides being scraped, and `more` are others. Histograms have
 * boundaries unless `histograms` says otherwise.
 */
export const shop = (collector: string, more: ReadonlyArray<OtlpOptions> = [], histograms: HistogramOptions = {}) => {
  const metrics = MetricsService.layer({ registry: "own", histograms })
  const runner = SingleRunner.layer({
    runnerStorage: "sql",
    shardingConfig: { entityMessagePollInterval: "1 second", entityTerminationTimeout: "1 second" },
    metrics: { backlog: { every: "1 second" } }
  })
  const work = Layer.scopedDiscard(Effect.forkScoped(customers)).pipe(
    Layer.provide(Layer.mergeAll(handlers, OrderLive, Cleaner)),
    Layer.provideMerge(JobService.layer({ sampleInterval: "1 second" })),
    Layer.provide(runner),
    Layer.provide(SqliteClient.layer({ filename: ":memory:" }))
  )
  return Layer.mergeAll(
    work,
    everyLayer,
    Prometheus.layer({ port: 0, registries: "own" }),
    Telemetry.layer({
      serviceName: "shop",
      interval: "1 second",
      destinations: [{ type: "otlp", url: collector }, ...more],
      registries: "own"
    })
  ).pipe(Layer.provideMerge(metrics), Layer.orDie)
}
