/** Jobs as messages, by OpenTelemetry's conventions: what each step of a job moves, on both databases. */
import * as SqlClient from "@effect/sql/SqlClient"
import { expect } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { Job, JobService } from "../../../src/infra/jobs.ts"
import { MetricsService } from "../../../src/observe/metrics.ts"
import * as Testing from "../../../src/observe/testing.ts"
import { recording } from "../../support/recorded-spans.ts"
import { differences } from "./law/as-messages.ts"
import { eventually, onBoth, totalOf, world } from "./world.ts"

class Busy extends Schema.TaggedError<Busy>()("Busy", {}) {}

const Work = Job.make({
  type: "work",
  payload: Schema.Literal("succeeds", "fails once", "dies", "waits"),
  success: Schema.Void,
  error: Busy,
  maxAttempts: 2,
  backoff: { base: 0 }
})

const WorkLive = Work.toLayer((how, { attempt }) => {
  switch (how) {
    case "succeeds":
      return Effect.void
    case "fails once":
      return attempt === 1 ? new Busy() : Effect.void
    case "dies":
      return Effect.die(new RangeError("out of range"))
    case "waits":
      return Effect.never
  }
})

const on = { semconv: true }

const labels = (operation: string, more = "") =>
  `{${more}messaging_destination_name="work",messaging_operation_name="${operation}"`
const system = ',messaging_system="parametric_portal"}'
const sent = (more?: string) => `messaging_client_sent_messages_total${labels("submit", more)}${system}`
const sends = (more?: string) =>
  `messaging_client_operation_duration_seconds${labels("submit", more)},messaging_operation_type="send"${system}`
const delivered = `messaging_client_consumed_messages_total${labels("receive")}${system}`
const processed = (more?: string) => `messaging_process_duration_seconds${labels("process", more)}${system}`
const failed = (type: string) => `error_type="${type}",`

const counts = Effect.map(Testing.snapshot, (now) =>
  Object.fromEntries(
    Object.entries(now)
      .filter(([text]) => text.startsWith("messaging_"))
      .map(([text, value]) => [text, typeof value === "number" ? value : value.count])
  )
)

/** Waits until it is quiet, then both kinds of metrics say the same. */
const agrees = Effect.gen(function* () {
  yield* eventually(
    Effect.map(Testing.snapshot, (now) => expect(totalOf(now, "jobs_slots", (text) => text.includes("used"))).toBe(0))
  )
  expect(differences([yield* Testing.snapshot], true)).toEqual([])
})

onBoth("messages", {
  "are sent by submits, one by one, many at once, and in transactions of callers": (database) =>
    Effect.gen(function* () {
      const jobs = yield* JobService
      const sql = yield* SqlClient.SqlClient
      yield* jobs.submit(Work, "succeeds", { delay: "1 hour" })
      yield* jobs.submit(Work, "succeeds", { delay: "1 hour", dedupeKey: "a" })
      yield* jobs.submit(Work, "succeeds", { delay: "1 hour", dedupeKey: "a" })
      yield* jobs.submitMany(Work, ["succeeds", "succeeds", "succeeds"], { delay: "1 hour" })
      yield* Effect.flip(jobs.submit(Work, "succeeds", { delay: -1 }))
      const two = Effect.zipRight(
        jobs.submit(Work, "succeeds", { delay: "1 hour" }),
        jobs.submit(Work, "dies", { delay: "1 hour" })
      )
      yield* sql.withTransaction(two)
      yield* Effect.flip(sql.withTransaction(Effect.zipRight(two, Effect.fail("rolled back"))))
      const expected = {
        [sent()]: 7,
        [sent(failed("Validation"))]: 1,
        // One for each that was outside of a transaction and no duplicate.
        [sends()]: 3,
        [sends(failed("Validation"))]: 1
      }
      yield* eventually(Effect.map(counts, (now) => expect(now).toEqual(expected)))
      yield* agrees
    }).pipe(Effect.provide(world(WorkLive, on, database))),

  "are delivered to each attempt, and processed to the end of its handler": (database) =>
    Effect.gen(function* () {
      const jobs = yield* JobService
      yield* Effect.forEach(["succeeds", "fails once"] as const, (how) =>
        Effect.flatMap(jobs.submit(Work, how), (id) => jobs.awaitResult(Work, id))
      )
      yield* Effect.flip(jobs.awaitResult(Work, yield* jobs.submit(Work, "dies")))
      const waits = yield* jobs.submit(Work, "waits")
      yield* eventually(Effect.map(counts, (now) => expect(now[delivered]).toBe(6)))
      yield* jobs.cancel(waits)
      const expected = {
        [sent()]: 4,
        [sends()]: 4,
        [delivered]: 6,
        [processed()]: 2,
        [processed(failed("Busy"))]: 1,
        [processed(failed("RangeError"))]: 2,
        [processed(failed("interrupted"))]: 1
      }
      yield* eventually(Effect.map(counts, (now) => expect(now).toEqual(expected)))
      yield* agrees
    }).pipe(Effect.provide(world(WorkLive, on, database))),

  "have the exemplars that our own metrics have": (database) => {
    const { layer } = recording()
    return Effect.gen(function* () {
      const { jobs: ours, messaging } = yield* MetricsService
      const jobs = yield* JobService
      yield* jobs.awaitResult(Work, yield* jobs.submit(Work, "succeeds"))
      yield* eventually(Effect.map(counts, (now) => expect(now[processed()]).toBe(1)))
      for (const [operation, theirs] of [
        ["submit", messaging.operationDuration],
        ["process", messaging.processDuration]
      ] as const) {
        const [expected] = yield* Testing.exemplars(ours.processingSeconds, { operation })
        const [found] = yield* Testing.exemplars(theirs, {})
        expect(expected?.span).toBeDefined()
        expect([found?.span, found?.value]).toEqual([expected?.span, expected?.value])
      }
    }).pipe(Effect.provide(world(WorkLive, on, database).pipe(Layer.provideMerge(layer))))
  },

  "are not counted unless they are asked for": (database) =>
    Effect.gen(function* () {
      const jobs = yield* JobService
      yield* jobs.awaitResult(Work, yield* jobs.submit(Work, "succeeds"))
      expect(yield* counts).toEqual({})
    }).pipe(Effect.provide(world(WorkLive, {}, database)))
})
