/** The spans that the exemplars of jobs name: of the attempt or the submit that the value is of, on both databases. */
import { expect } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { Job, JobService } from "../../../src/infra/jobs.ts"
import { MetricsService } from "../../../src/observe/metrics.ts"
import * as Testing from "../../../src/observe/testing.ts"
import { recording } from "../../support/recorded-spans.ts"
import { eventually, onBoth, world } from "./world.ts"

class Refused extends Schema.TaggedError<Refused>()("Refused", {}) {}

const Pay = Job.make({
  type: "pay",
  payload: Schema.Number,
  success: Schema.Void,
  error: Refused,
  maxAttempts: 2,
  backoff: { base: 0 }
})

/** Pays at the second attempt. */
const PayLive = Pay.toLayer((_, { attempt }) =>
  Effect.withSpan(attempt === 1 ? Effect.fail(new Refused()) : Effect.void, "inner")
)

onBoth("exemplars", {
  "of a job name its attempts, its submit for the wait, and nothing without a tracer": (database) => {
    const { layer, spans } = recording()
    return Effect.gen(function* () {
      const jobs = yield* JobService
      const { jobs: handles } = yield* MetricsService
      const id = yield* jobs.submit(Pay, 5)
      yield* jobs.awaitResult(Pay, id)
      yield* eventually(Effect.map(Testing.total(handles.duration, {}), (found) => expect(found?.count).toBe(1)))
      const nameOf = (spanId: string | undefined) => {
        const found = spans.find((span) => span.spanId === spanId)
        return found === undefined ? undefined : `${found.name} ${found.attributes.get("job.attempt") ?? ""}`.trim()
      }
      const named = (handle: Testing.Handle, labels: Record<string, string>) =>
        Effect.map(Testing.exemplars(handle, labels), (all) => new Set(all.map(({ span }) => nameOf(span?.spanId))))
      const process = { operation: "process" }
      expect(yield* named(handles.processingSeconds, { ...process, outcome: "failure" })).toEqual(
        new Set(["process pay 1"])
      )
      expect(yield* named(handles.processingSeconds, { ...process, outcome: "" })).toEqual(new Set(["process pay 2"]))
      expect(yield* named(handles.duration, process)).toEqual(new Set(["process pay 2"]))
      expect(yield* named(handles.attempts, process)).toEqual(new Set(["process pay 2"]))
      expect(yield* named(handles.waitDuration, process)).toEqual(new Set(["submit pay"]))
      expect(yield* named(handles.processingSeconds, { operation: "submit" })).toEqual(new Set(["submit pay"]))
    }).pipe(Effect.provide(world(PayLive, {}, database).pipe(Layer.provideMerge(layer))))
  },
  "are not there without a tracer": (database) =>
    Effect.gen(function* () {
      const jobs = yield* JobService
      const { jobs: handles } = yield* MetricsService
      const id = yield* Effect.withSpan(jobs.submit(Pay, 5), "request")
      yield* jobs.awaitResult(Pay, id)
      yield* eventually(Effect.map(Testing.total(handles.duration, {}), (found) => expect(found?.count).toBe(1)))
      for (const handle of [handles.processingSeconds, handles.waitDuration, handles.duration]) {
        expect(yield* Testing.exemplars(handle, {})).toEqual([])
      }
    }).pipe(Effect.provide(world(PayLive, {}, database)))
})
