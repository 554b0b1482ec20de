/** Submissions, cancellations and replays where the store is slow or fails: each is one operation, and counted once. */
import { expect, it } from "@effect/vitest"
import { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Job, JobEntity, JobService } from "../../../src/infra/jobs.ts"
import { laneId } from "../../../src/infra/jobs/lane-id.ts"
import * as Testing from "../../../src/observe/testing.ts"
import { totals, pass, totalOf, within, world, worldWith } from "./world.ts"

const Plain = Job.make({ type: "plain", payload: Schema.Void, success: Schema.Void, error: Schema.Never })
const PlainLive = Plain.toLayer(() => Effect.void)
const lost = new SqlError({ cause: "connection", message: "lost" })

/** How the operations of one kind went, by outcome. */
const outcomes = (operation: "submit" | "cancel" | "replay") =>
  Effect.map(Testing.snapshot, (now) => {
    const of = (outcome: string) =>
      totalOf(now, "jobs_processing_seconds", (text) => text.includes(`"${operation}"`) && text.includes(outcome))
    return { all: of(""), failure: of('"failure"'), interrupted: of('"interrupted"') }
  })

const failures = Effect.map(Testing.snapshot, (now) => totalOf(now, "jobs_failed_total"))

it.effect("counts a submission that can't look for its duplicate", () =>
  Effect.gen(function* () {
    const jobs = yield* JobService
    const refused = yield* within(Effect.flip(jobs.submit(Plain, undefined, { dedupeKey: "k" })))
    expect(refused.reason).toBe("RunnerUnavailable")
    expect(yield* outcomes("submit")).toEqual({ all: 1, failure: 1, interrupted: 0 })
    expect((yield* Testing.snapshot)['jobs_failed_total{job_type="plain",reason="RunnerUnavailable"}']).toBe(1)
  }).pipe(Effect.provide(worldWith(PlainLive, () => ({ findLive: () => Effect.fail(lost) }))))
)

it.effect("looks for a job once to cancel it, where its type is known before anything can fail", () => {
  let looks = 0
  const once = worldWith(PlainLive, ({ find }) => ({
    find: (id) => ((looks += 1) === 1 ? find(id) : Effect.fail(lost))
  }))
  return Effect.gen(function* () {
    const jobs = yield* JobService
    const id = yield* within(jobs.submit(Plain, undefined, { delay: "1 hour" }))
    yield* within(jobs.cancel(id))
    expect(yield* outcomes("cancel")).toEqual({ all: 1, failure: 0, interrupted: 0 })
  }).pipe(Effect.provide(once))
})

it.effect("makes one operation of a call that is made again while a slow store is at work", () => {
  const slow = worldWith(
    PlainLive,
    ({ cancel, insert, replay }) => ({
      insert: (job) => Effect.delay(insert(job), "7 seconds"),
      cancel: (id) => Effect.delay(cancel(id), "7 seconds"),
      replay: (id) => Effect.delay(replay(id), "7 seconds")
    }),
    { callAgainAfter: "5 seconds" }
  )
  return Effect.gen(function* () {
    const jobs = yield* JobService
    const id = yield* within(jobs.submit(Plain, undefined, { delay: "1 hour" }))
    expect(yield* outcomes("submit")).toEqual({ all: 1, failure: 0, interrupted: 0 })
    yield* within(jobs.cancel(id))
    yield* pass(20_000, 1000)
    expect(yield* outcomes("cancel")).toEqual({ all: 1, failure: 0, interrupted: 0 })
    expect(yield* failures).toBe(0)
    expect(yield* totals).toMatchObject({ enqueued: 1, cancellations: 1, held: 0 })
  }).pipe(Effect.provide(slow))
})

it.effect("does nothing for a call that is made again when it was answered before, and counts nothing", () =>
  Effect.gen(function* () {
    const client = yield* JobEntity.client
    const kind = { jobType: "plain", priority: "normal" } as const
    const again = { id: "made before", ...kind, isRepeated: true }
    const submission = { id: "made before", ...kind, payload: "", deliverAt: 3_600_000 }
    const lane = client(laneId(1))
    yield* within(lane.submit(submission))
    yield* within(lane.submit({ ...submission, isRepeated: true }))
    yield* within(lane.cancel({ ...again, isRepeated: false }))
    yield* within(lane.cancel(again))
    yield* within(lane.replay(again))
    expect(yield* outcomes("submit")).toEqual({ all: 1, failure: 0, interrupted: 0 })
    expect(yield* outcomes("cancel")).toEqual({ all: 1, failure: 0, interrupted: 0 })
    expect(yield* outcomes("replay")).toEqual({ all: 0, failure: 0, interrupted: 0 })
    expect(yield* failures).toBe(0)
  }).pipe(Effect.provide(world(PlainLive)))
)
