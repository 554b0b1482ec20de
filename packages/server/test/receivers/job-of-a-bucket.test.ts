/** From a bad number to its reason: the 99th percentile in a real Prometheus, the trace of one of its values, the job. */
import { expect, it } from "@effect/vitest"
import { prometheus } from "@parametric-portal/receivers/prometheus"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { Job, JobService } from "../../src/infra/jobs.ts"
import { MetricsService } from "../../src/observe/metrics.ts"
import { Telemetry } from "../../src/observe/telemetry.ts"
import * as Testing from "../../src/observe/testing.ts"
import { Collector, type SpanRecord } from "../../src/observe/testing/collector.ts"
import { cluster, sqlite } from "../infra/jobs/world.ts"
import { eventually } from "../support/eventually.ts"
import { exemplarsIn } from "./support/exemplars.ts"

class Unreachable extends Schema.TaggedError<Unreachable>()("Unreachable", {}) {}

const Render = Job.make({
  type: "render",
  payload: Schema.Struct({ pages: Schema.Number }),
  success: Schema.Void,
  error: Unreachable,
  maxAttempts: 2,
  backoff: { base: 0 }
})

/** Large documents fail once, and take long then. */
const RenderLive = Render.toLayer(({ pages }, { attempt }) =>
  Effect.gen(function* () {
    yield* Effect.logInfo(`rendering ${pages} pages`)
    if (pages > 100 && attempt === 1) {
      return yield* new Unreachable()
    }
    yield* Effect.sleep(pages > 100 ? "700 millis" : "1 millis").pipe(Effect.withSpan("layout"))
  })
)

const isAttempt = ({ name }: SpanRecord): boolean => name === "process render"

it.scopedLive("the 99th percentile leads to the job, its attempts and their log lines", () =>
  Effect.gen(function* () {
    const receiver = yield* prometheus({ features: ["exemplar-storage"] })
    const collector = yield* Collector
    const records = (path: string) => ({ exporter: "otlp", url: `${collector.url}/v1/${path}` }) as const
    const world = RenderLive.pipe(
      Layer.provideMerge(JobService.layer({ pollInterval: "100 millis" })),
      Layer.provideMerge(cluster),
      Layer.provideMerge(sqlite),
      Layer.provideMerge(
        Telemetry.layer({
          destinations: [{ type: "otlp", url: receiver.url }],
          registries: "own",
          interval: "1 hour",
          traces: { ...records("traces"), sampler: "always_on" },
          logs: records("logs")
        })
      ),
      Layer.provideMerge(MetricsService.layer({ registry: "own" }))
    )
    const slow = yield* Effect.gen(function* () {
      const jobs = yield* JobService
      yield* jobs.submitMany(
        Render,
        Array.from({ length: 40 }, () => ({ pages: 1 }))
      )
      const id = yield* jobs.submit(Render, { pages: 900 })
      // It is counted once its end is in the tables.
      const { jobs: handles } = yield* MetricsService
      yield* Testing.eventually(Testing.total(handles.duration, {}), (ended) => ended?.count === 41)
      yield* Telemetry.flush
      return id
    }).pipe(Effect.provide(world))

    // The number that is bad.
    const quantile = 'histogram_quantile(0.99, sum by (le) (jobs_processing_seconds_bucket{operation="process"}))'
    const [p99] = yield* Effect.promise(() => receiver.query(quantile))
    expect(p99?.value).toBeGreaterThan(0.1)

    // The values of its bucket.
    const found = yield* Effect.promise(() =>
      exemplarsIn(receiver.address, 'jobs_processing_seconds_bucket{operation="process"}')
    )
    const values = found.flatMap(({ exemplars }) => exemplars).filter(({ value }) => Number(value) > 0.1)
    expect(values).toHaveLength(1)
    const labels = values[0]?.labels ?? {}

    // Its trace, and the job.
    const spans = yield* eventually(collector.spans, (all) => all.filter(isAttempt).length === 42)
    const trace = spans.filter(({ traceId }) => traceId === labels["trace_id"])
    const attempt = trace.find(({ spanId }) => spanId === labels["span_id"])
    expect(attempt?.attributes).toMatchObject({ "messaging.message.id": slow, "job.attempt": 2 })
    expect(trace.map(({ name }) => name).sort()).toEqual(["layout", "process render"])

    // What came before: the attempt that failed, and the submit.
    const before = attempt?.links.map(({ spanId }) => spans.find((span) => span.spanId === spanId))
    expect(before?.map((span) => [span?.name, span?.status.code])).toEqual([
      ["submit render", "ok"],
      ["process render", "error"]
    ])

    // And what it said.
    const lines = (yield* collector.logs).filter(({ traceId }) => traceId === labels["trace_id"])
    expect(
      lines.map(({ attributes, body }) => ({ body, job: attributes["jobId"], attempt: attributes["attempt"] }))
    ).toEqual([{ body: "rendering 900 pages", job: slow, attempt: 2 }])
  }).pipe(Effect.provide(Collector.layer))
)
