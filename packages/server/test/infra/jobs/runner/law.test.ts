/**
 * The law: enqueued + replays = completed + cancelled + dead-lettered + still held, over random programs on two runners
 * that are restarted, cut off from the tables, and killed. More than the sum: each counter is what the tables say, and each
 * link of a span leads to one that has ended, before its runner was killed.
 */
import { expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as TestContext from "effect/TestContext"
import type * as Tracer from "effect/Tracer"
import * as Job from "../../../../src/infra/jobs/definition/job.ts"
import type { Priority } from "../../../../src/infra/jobs/definition/priority.ts"
import type { Operations } from "../../../../src/infra/jobs/store/operations.ts"
import * as Testing from "../../../../src/observe/testing.ts"
import { type Behaviour, behaviours, behaving, Sour } from "../law/work.ts"
import { memoryTables } from "../memory-tables.ts"
import { recording } from "../../../support/recorded-spans.ts"
import { breathe, Memory, pass, Runner, separate, world } from "./world.ts"

const Work = Job.make({
  type: "work",
  payload: Schema.Literal(...behaviours),
  success: Schema.Number.pipe(Schema.positive()),
  error: Sour,
  maxAttempts: 3,
  timeout: "3 seconds",
  backoff: { base: "1 second", max: "2 seconds" },
  concurrency: 3
})

const behave = behaving({ slow: "1500 millis", stubborn: "7 seconds" })

const WorkLive = Work.toLayer((behaviour, { attempt }) => behave(behaviour, attempt))

type Step =
  | {
      readonly _tag: "submit"
      readonly behaviour: Behaviour
      readonly priority: Priority
      readonly dedupeKey: string | undefined
      readonly delayMs: number
      readonly times: number
    }
  | { readonly _tag: "cancel" | "replay"; readonly nth: number }
  | { readonly _tag: "pass"; readonly ms: number }
  | { readonly _tag: "restart" | "kill" | "cut"; readonly which: number }

const step: FastCheck.Arbitrary<Step> = FastCheck.oneof(
  {
    weight: 8,
    arbitrary: FastCheck.record({
      _tag: FastCheck.constant("submit" as const),
      behaviour: FastCheck.constantFrom(...behaviours),
      priority: FastCheck.constantFrom("critical" as const, "high" as const, "normal" as const, "low" as const),
      dedupeKey: FastCheck.constantFrom(undefined, undefined, "a", "b"),
      delayMs: FastCheck.constantFrom(0, 0, 700, 5000),
      times: FastCheck.constantFrom(1, 1, 7)
    })
  },
  {
    weight: 3,
    arbitrary: FastCheck.record({
      _tag: FastCheck.constantFrom("cancel" as const, "replay" as const),
      nth: FastCheck.nat(20)
    })
  },
  {
    weight: 5,
    arbitrary: FastCheck.record({
      _tag: FastCheck.constant("pass" as const),
      ms: FastCheck.constantFrom(0, 0, 200, 1000, 6000, 14_000)
    })
  },
  {
    weight: 2,
    arbitrary: FastCheck.record({
      _tag: FastCheck.constantFrom("restart" as const, "kill" as const, "cut" as const),
      which: FastCheck.nat(1)
    })
  }
)

/** One runner over the tables, in a registry of its own. */
const start = (memory: Memory) =>
  Effect.gen(function* () {
    let isKilled = false
    let isCut = false
    const guard = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
      Effect.suspend(() => (isKilled ? Effect.never : isCut ? Effect.die("cut off") : effect))
    const changed = (tables: Operations): Partial<Operations> => ({
      begin: (...given) => guard(tables.begin(...given)),
      beat: (...given) => guard(tables.beat(...given)),
      finish: (...given) => guard(tables.finish(...given)),
      claim: (...given) => guard(tables.claim(...given)),
      claimSuspect: (...given) => guard(tables.claimSuspect(...given)),
      start: (...given) => guard(tables.start(...given)),
      acquit: (...given) => guard(tables.acquit(...given)),
      end: (...given) => guard(tables.end(...given)),
      held: (...given) => guard(tables.held(...given)),
      takeOver: (...given) => guard(tables.takeOver(...given)),
      takeUncounted: (...given) => guard(tables.takeUncounted(...given)),
      paused: guard(tables.paused)
    })
    const lease = Duration.seconds(3)
    const { layer, spans } = recording()
    const made = world(WorkLive, { memory, changed, maxLosses: 2, lease }).pipe(Layer.provideMerge(layer))
    const { context, stop } = yield* separate(made)
    /** What a process that is killed takes with it. */
    const lost = new Set<Tracer.Span>()
    return {
      context,
      stop,
      spans,
      exported: () => spans.filter((span) => span.status._tag === "Ended" && !lost.has(span)),
      kill: Effect.sync(() => {
        isKilled = true
        spans.filter(({ status }) => status._tag === "Started").forEach((span) => lost.add(span))
      }),
      cut: Effect.sync(() => {
        isCut = !isCut
      }),
      mend: Effect.sync(() => {
        isCut = false
      })
    }
  })

type Incarnation = Effect.Effect.Success<ReturnType<typeof start>>

const run = (program: ReadonlyArray<Step>) =>
  Effect.gen(function* () {
    const memory = new Memory()
    const tables = memoryTables(memory)
    const all: Array<Incarnation> = []
    const begin = Effect.tap(start(memory), (made) => Effect.sync(() => void all.push(made)))
    const alive = [yield* begin, yield* begin]
    const told = Effect.forEach(alive, ({ context }) =>
      Effect.flatMap(Runner, (runner) => runner.told).pipe(Effect.provide(context))
    )
    const inTransaction = { isInTransaction: true, hint: false }
    let made = 0
    const nth = (n: number): string => `job-${(n % Math.max(1, made)) + 1}`
    for (const each of program) {
      switch (each._tag) {
        case "submit":
          for (let time = 0; time < each.times; time += 1) {
            made += 1
            const payload = yield* Work.payload.encode(each.behaviour)
            const { dedupeKey, delayMs, priority } = each
            const job = { id: `job-${made}`, type: "work", partition: made, priority, payload, dedupeKey, delayMs }
            yield* tables.insert([{ ...job, isLimited: false, traceparent: callers.submit }], inTransaction)
          }
          yield* told
          break
        case "cancel": {
          const gone = yield* tables.cancel(nth(each.nth), inTransaction)
          yield* Effect.forEach(Option.isSome(gone) ? alive : [], ({ context }) =>
            Effect.flatMap(Runner, (runner) => runner.cancelled(nth(each.nth))).pipe(Effect.provide(context))
          )
          break
        }
        case "replay":
          yield* tables.replay(nth(each.nth), { ...inTransaction, traceparent: callers.replay })
          yield* told
          break
        case "pass":
          yield* each.ms === 0 ? breathe : pass(each.ms, 500)
          break
        default: {
          const old = alive[each.which]
          if (old !== undefined && each._tag === "cut") {
            yield* old.cut
          } else if (old !== undefined) {
            yield* old.mend
            yield* each._tag === "kill" ? old.kill : Effect.raceFirst(old.stop, Effect.forever(pass(500, 500)))
            alive[each.which] = yield* begin
          }
        }
      }
    }
    yield* Effect.forEach(alive, ({ mend }) => mend)
    yield* pass(120_000, 2000)
    const snapshots = yield* Effect.forEach(all, ({ context }) => Effect.provide(Testing.snapshot, context))
    yield* Effect.forEach(alive, ({ stop }) => Effect.raceFirst(stop, Effect.forever(pass(500, 500))))
    const { totals } = memory
    const metrics = { ...counted(snapshots), held: totals.held }
    return { tables: totals, counted: metrics, inFlight: inFlightOf(snapshots), links: linksOf(all) }
  }).pipe(
    Effect.orDie,
    Effect.scoped,
    Effect.provide(Layer.merge(TestContext.TestContext, Logger.remove(Logger.defaultLogger)))
  )

const callers = {
  submit: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
  replay: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
}

/** What each attempt links to, beside its submit; what is not exported by then is dangling. */
const linksOf = (all: ReadonlyArray<Incarnation>) => {
  const callersSpans = Object.values(callers).map((traceparent) => traceparent.split("-")[2])
  const known = new Set([...callersSpans, ...all.flatMap(({ exported }) => exported().map(({ spanId }) => spanId))])
  const spans = all.flatMap((incarnation) => incarnation.spans)
  return {
    dangling: spans.flatMap(({ links }) => links).filter(({ span }) => !known.has(span.spanId)),
    withoutSubmit: spans.filter(({ links }) => links[0]?.attributes["job.link"] !== "submit")
  }
}

/** The counters, over all runners. */
const counted = (snapshots: ReadonlyArray<Testing.Snapshot>) => {
  const sum = (name: string): number =>
    snapshots
      .flatMap((snapshot) => Object.entries(snapshot).filter(([text]) => text.startsWith(`${name}{`)))
      .reduce((total, [, value]) => total + (typeof value === "number" ? value : value.count), 0)
  return {
    enqueued: sum("jobs_enqueued_total"),
    replays: sum("jobs_replayed_total"),
    retries: sum("jobs_retried_total"),
    redelivered: sum("jobs_redelivered_total"),
    completions: sum("jobs_completed_total"),
    cancellations: sum("jobs_cancelled_total"),
    deadLettered: sum("jobs_dead_lettered_total"),
    failures: sum("jobs_failed_total")
  }
}

const inFlightOf = (snapshots: ReadonlyArray<Testing.Snapshot>): number =>
  snapshots
    .flatMap((snapshot) => Object.entries(snapshot).filter(([text]) => text.startsWith("jobs_in_flight{")))
    .reduce((total, [, value]) => total + Number(value), 0)

it("keeps the law, and each counter says what the tables say, whatever happens", { timeout: 240_000 }, () =>
  FastCheck.assert(
    FastCheck.asyncProperty(FastCheck.array(step, { minLength: 3, maxLength: 16 }), async (program) => {
      const { counted: metrics, inFlight, links, tables } = await Effect.runPromise(run(program))
      expect(metrics).toEqual(tables)
      expect(metrics.enqueued + metrics.replays).toBe(
        metrics.completions + metrics.cancellations + metrics.deadLettered + tables.held
      )
      expect([tables.held, inFlight]).toEqual([0, 0])
      expect(links).toEqual({ dangling: [], withoutSubmit: [] })
    }),
    { numRuns: Number(process.env["LAW_RUNS"] ?? 1) }
  )
)
