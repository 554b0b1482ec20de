/** What the spans of jobs link to, on both databases: each to the submit, and to what came before it. */
import * as SqlClient from "@effect/sql/SqlClient"
import { expect } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { Job, type JobsOptions, JobService } from "../../../src/infra/jobs.ts"
import { recording } from "../../support/recorded-spans.ts"
import { type Database, eventually, onBoth, world } from "./world.ts"

class Refused extends Schema.TaggedError<Refused>()("Refused", {}) {}

/** A job that is told at how many attempts it fails. */
const Flaky = Job.make({
  type: "flaky",
  payload: Schema.Number,
  success: Schema.Void,
  error: Refused,
  maxAttempts: 3,
  backoff: { base: 0 }
})

const FlakyLive = Flaky.toLayer((failures, { attempt }) => (attempt <= failures ? new Refused() : Effect.void))

/** A job that fails at the first attempt; the first run of its second one hangs, in the way that it is told. */
const Slow = Job.make({
  type: "slow",
  payload: Schema.Literal("interruptible", "uninterruptible"),
  success: Schema.Void,
  error: Refused,
  maxAttempts: 4,
  backoff: { base: 0 }
})

const slowLive = () => {
  let hasHung = false
  return Slow.toLayer((how, { attempt }) => {
    const hangs = attempt === 2 && !hasHung
    hasHung = hasHung || hangs
    return attempt === 1
      ? new Refused()
      : hangs
        ? how === "interruptible"
          ? Effect.never
          : Effect.uninterruptible(Effect.sleep("2 seconds"))
        : Effect.void
  })
}

const Tick = Job.make({ type: "tick", payload: Schema.Void, success: Schema.Void, error: Schema.Never })

const handlers = () => Layer.mergeAll(FlakyLive, slowLive())

const traced = (
  database: Database,
  { options = {}, handlers: given = handlers(), sampled = true }: Partial<TracedOptions> = {}
) => {
  const { layer, ...recorded } = recording({ sampled })
  return { ...recorded, layer, live: world(given, options, database).pipe(Layer.provideMerge(layer)) }
}

interface TracedOptions {
  readonly options: JobsOptions
  readonly handlers: ReturnType<typeof handlers>
  readonly sampled: boolean
}

const texts = Effect.flatMap(
  SqlClient.SqlClient,
  (sql) =>
    sql`SELECT tracestate, baggage, last_traceparent, replay_traceparent FROM jobs
    UNION ALL SELECT tracestate, baggage, last_traceparent, replay_traceparent FROM jobs_done`
)

const untold = { tracestate: null, baggage: null, last_traceparent: null, replay_traceparent: null }

onBoth("links", {
  "lead from each retry to the submit and the attempt before": (database) => {
    const { expectNoneDangling, linked, live } = traced(database)
    return Effect.gen(function* () {
      const jobs = yield* JobService
      yield* jobs.awaitResult(Flaky, yield* jobs.submit(Flaky, 2))
      expect(linked("submit flaky")).toEqual([[]])
      expect(linked("process flaky")).toEqual([
        ["submit: submit flaky 1"],
        ["submit: submit flaky 1", "previous_attempt: process flaky 1"],
        ["submit: submit flaky 1", "previous_attempt: process flaky 2"]
      ])
      expectNoneDangling()
      expect(yield* texts).toEqual([untold])
    }).pipe(Effect.provide(live))
  },

  "lead to the attempt before where the submit is the parent": (database) => {
    const { expectNoneDangling, linked, live, named } = traced(database, { options: { trace: "parent" } })
    return Effect.gen(function* () {
      const jobs = yield* JobService
      yield* jobs.awaitResult(Flaky, yield* jobs.submit(Flaky, 1))
      expect(linked("process flaky")).toEqual([[], ["previous_attempt: process flaky 1"]])
      expect(new Set([...named("submit flaky"), ...named("process flaky")].map(({ traceId }) => traceId)).size).toBe(1)
      expectNoneDangling()
    }).pipe(Effect.provide(live))
  },

  "lead from each of many to the one submit": (database) => {
    const { expectNoneDangling, linked, live } = traced(database)
    return Effect.gen(function* () {
      const jobs = yield* JobService
      const ids = yield* jobs.submitMany(Flaky, [0, 0, 1])
      yield* Effect.forEach(ids, (id) => jobs.awaitResult(Flaky, id))
      const all = linked("process flaky")
      expect(all.map(([first]) => first)).toEqual(Array.from({ length: 4 }, () => "submit: submit flaky 1"))
      expect(all.map(({ length }) => length).sort()).toEqual([1, 1, 1, 2])
      expectNoneDangling()
    }).pipe(Effect.provide(live))
  },

  "lead from a replay to the last attempt and to whoever replays": (database) => {
    const { expectNoneDangling, linked, live, named } = traced(database)
    return Effect.gen(function* () {
      const jobs = yield* JobService
      const id = yield* jobs.submit(Flaky, 4)
      yield* Effect.flip(jobs.awaitResult(Flaky, id))
      const { lastTraceparent } = yield* jobs.status(id)
      expect(lastTraceparent).toContain(named("process flaky")[2]?.spanId)
      yield* jobs.deadLetters.replay(id)
      yield* Effect.flip(jobs.awaitResult(Flaky, id))
      expect(Object.fromEntries(named("replay flaky")[0]?.attributes ?? [])).toMatchObject({
        "messaging.operation.name": "replay",
        "messaging.operation.type": "send",
        "messaging.message.id": id
      })
      expect(named("replay flaky")[0]?.kind).toBe("producer")
      const submit = "submit: submit flaky 1"
      const replay = "replay: replay flaky 1"
      expect(linked("process flaky").slice(3)).toEqual([
        [submit, "previous_attempt: process flaky 3", replay],
        [submit, "previous_attempt: process flaky 4", replay],
        [submit, "previous_attempt: process flaky 5", replay]
      ])
      expect(yield* jobs.deadLetters.replayMany({ ids: [id], jobType: "flaky" })).toMatchObject({ replayed: 1 })
      yield* Effect.flip(jobs.awaitResult(Flaky, id))
      expect(linked("process flaky")[6]).toEqual([
        submit,
        "previous_attempt: process flaky 6",
        "replay: replay flaky 2"
      ])
      expect(yield* jobs.deadLetters.replayMany()).toMatchObject({ replayed: 1 })
      yield* Effect.flip(jobs.awaitResult(Flaky, id))
      expect(linked("process flaky")[9]).toContain("replay: replay 1")
      expect(named("replay")[0]?.attributes.get("messaging.batch.message_count")).toBe(1)
      expectNoneDangling()
    }).pipe(Effect.provide(live))
  },

  "lead to the run that was handed over, where its runner stopped": (database) =>
    Effect.gen(function* () {
      const shared = Layer.succeedContext(yield* Layer.build(database))
      const given = handlers()
      const { expectNoneDangling, layer, linked, named } = traced(shared, { handlers: given })
      const run = world(given, {}, shared).pipe(Layer.provideMerge(layer), Layer.fresh)
      const id = yield* Effect.gen(function* () {
        const jobs = yield* JobService
        const submitted = yield* jobs.submit(Slow, "interruptible")
        yield* eventually(Effect.sync(() => expect(named("process slow").length).toBe(2)))
        return submitted
      }).pipe(Effect.provide(run))
      yield* Effect.gen(function* () {
        const jobs = yield* JobService
        yield* jobs.awaitResult(Slow, id)
      }).pipe(Effect.provide(run))
      const submit = "submit: submit slow 1"
      expect(linked("process slow")).toEqual([
        [submit],
        [submit, "previous_attempt: process slow 1"],
        [submit, "previous_attempt: process slow 2"]
      ])
      expect(named("process slow").map(({ attributes }) => attributes.get("job.redelivered"))).toEqual([
        false,
        false,
        true
      ])
      expectNoneDangling()
    }).pipe(Effect.scoped),

  "lead past a run whose runner was lost to the last one that ended": (database) => {
    const { expectNoneDangling, linked, live, named } = traced(database, { options: { lease: "500 millis" } })
    return Effect.gen(function* () {
      const jobs = yield* JobService
      const sql = yield* SqlClient.SqlClient
      const id = yield* jobs.submit(Slow, "interruptible")
      yield* eventually(Effect.sync(() => expect(named("process slow").length).toBe(2)))
      // It is held by one that nobody knows, as after a crash.
      yield* sql`UPDATE jobs SET held_by = 'gone'`
      yield* jobs.awaitResult(Slow, id)
      const submit = "submit: submit slow 1"
      expect(linked("process slow")).toEqual([
        [submit],
        [submit, "previous_attempt: process slow 1"],
        [submit, "previous_attempt: process slow 1"]
      ])
      expectNoneDangling()
    }).pipe(Effect.provide(live))
  },

  "lead past an attempt that does not end when it is interrupted": (database) => {
    const { linked, live } = traced(database, { options: { interruptGrace: "50 millis" } })
    return Effect.gen(function* () {
      const jobs = yield* JobService
      yield* jobs.awaitResult(Slow, yield* jobs.submit(Slow, "uninterruptible", { timeout: "50 millis" }))
      const submit = "submit: submit slow 1"
      expect(linked("process slow")).toEqual([
        [submit],
        [submit, "previous_attempt: process slow 1"],
        [submit, "previous_attempt: process slow 1"]
      ])
    }).pipe(Effect.provide(live))
  },

  "lead from the submit of a tick to that of the tick before": (database) => {
    const ticking = Layer.mergeAll(
      Tick.toLayer(() => Effect.void),
      Tick.schedule("* * * * * *")
    )
    const { layer, linked, named } = recording()
    const live = world(ticking, {}, database).pipe(Layer.provideMerge(layer))
    return Effect.gen(function* () {
      yield* eventually(Effect.sync(() => expect(named("process tick").length).toBeGreaterThanOrEqual(3)))
      expect(linked("submit tick").slice(0, 3)).toEqual([
        [],
        ["previous_run: submit tick 1"],
        ["previous_run: submit tick 2"]
      ])
      expect(linked("process tick").slice(0, 2)).toEqual([["submit: submit tick 1"], ["submit: submit tick 2"]])
    }).pipe(Effect.provide(live))
  },

  "say of a span that was not sampled that it was not": (database) => {
    const { expectNoneDangling, live, named } = traced(database, { sampled: false })
    return Effect.gen(function* () {
      const jobs = yield* JobService
      yield* jobs.awaitResult(Flaky, yield* jobs.submit(Flaky, 1))
      const links = named("process flaky").flatMap((span) => span.links)
      expect(links.map(({ span }) => span.sampled)).toEqual([false, false, false])
      expectNoneDangling()
    }).pipe(Effect.provide(live))
  },

  "are none, and nothing is kept for them, where no tracer is installed": (database) => {
    const links: Array<unknown> = []
    const seen = Flaky.toLayer((failures, { attempt }) =>
      Effect.flatMap(Effect.option(Effect.currentSpan), (span) => {
        links.push(span._tag)
        return attempt <= failures ? new Refused() : Effect.void
      })
    )
    return Effect.gen(function* () {
      const jobs = yield* JobService
      const id = yield* jobs.submit(Flaky, 4)
      yield* Effect.flip(jobs.awaitResult(Flaky, id))
      yield* Effect.withSpan(jobs.deadLetters.replay(id), "own")
      yield* Effect.flip(jobs.awaitResult(Flaky, id))
      yield* Effect.withSpan(jobs.deadLetters.replayMany(), "own")
      yield* eventually(Effect.sync(() => expect(links).toEqual(Array.from({ length: 9 }, () => "None"))))
      yield* Effect.flip(jobs.awaitResult(Flaky, id))
      expect(yield* texts).toEqual([untold])
    }).pipe(Effect.provide(world(seen, {}, database)))
  },

  "are none to text that is no span, and it fails no job": (database) => {
    const { linked, live } = traced(database, { options: { baggage: true } })
    return Effect.gen(function* () {
      const jobs = yield* JobService
      const sql = yield* SqlClient.SqlClient
      const ids = yield* jobs.submitMany(
        Flaky,
        hostile.map(() => 0),
        { delay: "1 hour" }
      )
      for (const [index, text] of hostile.entries()) {
        yield* sql`
          UPDATE jobs SET traceparent = ${text}, tracestate = ${text}, baggage = ${text}, last_traceparent = ${text},
            replay_traceparent = ${text}, due_at = 0
          WHERE id = ${ids[index] ?? ""}`
      }
      yield* Effect.forEach(ids, (id) => jobs.awaitResult(Flaky, id))
      expect(linked("process flaky")).toEqual(hostile.map(() => []))
    }).pipe(Effect.provide(live))
  }
})

const hostile = [
  "",
  "-",
  "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
  `00-${"0".repeat(32)}-b7ad6b7169203331-01`,
  `00-0af7651916cd43dd8448eb211c80319c-${"0".repeat(16)}-01`,
  "00-0AF7651916CD43DD8448EB211C80319C-B7AD6B7169203331-01",
  "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
  "%E0%A4%A",
  "k=%E0%A4%A,=,;;,__proto__=1,k",
  "<script>\"'\u2028💥",
  "x".repeat(100_000),
  "a=1,".repeat(10_000)
]
