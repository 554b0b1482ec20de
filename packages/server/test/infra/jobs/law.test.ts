/**
 * The law: enqueued + replays = completed + cancelled + dead-lettered + still held, over random programs of submissions,
 * duplicates, failures, defects, time-outs, cancellations, replays, hand-overs, lost runners and runners that overlap.
 * More than the sum: each counter is what the tables say.
 */
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as FastCheck from "effect/FastCheck"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as TestContext from "effect/TestContext"
import {
  Job,
  JobEntityLive,
  JobHandlers,
  JobsConfig,
  JobService,
  JobStore,
  type Priority,
  settingsOf
} from "../../../src/infra/jobs.ts"
import { service } from "../../../src/infra/jobs/service.ts"
import * as Testing from "../../../src/observe/testing.ts"
import { breathe, cluster, totals, pass, sqlite, totalOf, within } from "./world.ts"

const behaviours = ["succeed", "fail", "failOnce", "die", "hang", "slow", "interrupt", "stubborn", "invalid"] as const
type Behaviour = (typeof behaviours)[number]

class Sour extends Schema.TaggedError<Sour>()("Sour", {}) {}

const Work = Job.make({
  type: "work",
  payload: Schema.Literal(...behaviours),
  success: Schema.Number.pipe(Schema.positive()),
  error: Sour,
  maxAttempts: 3,
  timeout: "3 seconds",
  backoff: { base: "1 second", max: "2 seconds" },
  slots: 3
})

const behave = (behaviour: Behaviour, attempt: number): Effect.Effect<number, Sour> => {
  switch (behaviour) {
    case "succeed":
      return Effect.succeed(1)
    case "fail":
      return new Sour()
    case "failOnce":
      return attempt === 1 ? new Sour() : Effect.succeed(1)
    case "die":
      throw new RangeError("out of range")
    case "hang":
      return Effect.never
    case "slow":
      return Effect.delay(Effect.succeed(1), "1500 millis")
    case "interrupt":
      return Effect.interrupt
    case "stubborn":
      return Effect.uninterruptible(Effect.delay(Effect.succeed(1), "7 seconds"))
    case "invalid":
      return Effect.succeed(-1)
  }
}

const WorkLive = Work.toLayer((behaviour, { attempt }) => behave(behaviour, attempt))

type Step =
  | {
      readonly _tag: "submit"
      readonly behaviour: Behaviour
      readonly priority: Priority
      readonly key: string | undefined
      readonly delay: number
    }
  | { readonly _tag: "cancel" | "replay"; readonly nth: number }
  | { readonly _tag: "pass"; readonly ms: number }
  | { readonly _tag: "restart" | "crash" | "overlap" }

const step: FastCheck.Arbitrary<Step> = FastCheck.oneof(
  {
    weight: 8,
    arbitrary: FastCheck.record({
      _tag: FastCheck.constant("submit" as const),
      behaviour: FastCheck.constantFrom(...behaviours),
      priority: FastCheck.constantFrom("critical" as const, "high" as const, "normal" as const, "low" as const),
      key: FastCheck.constantFrom(undefined, undefined, "a", "b"),
      delay: FastCheck.constantFrom(0, 0, 700, 5000)
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
    weight: 4,
    arbitrary: FastCheck.record({
      _tag: FastCheck.constant("pass" as const),
      ms: FastCheck.constantFrom(0, 200, 1000, 6000)
    })
  },
  {
    weight: 2,
    arbitrary: FastCheck.record({
      _tag: FastCheck.constantFrom("restart" as const, "crash" as const, "overlap" as const)
    })
  }
)

interface Incarnation {
  readonly jobs: typeof JobService.Service
  readonly snapshot: Effect.Effect<Testing.Snapshot>
  readonly scope: Scope.CloseableScope
  /** From here on its writes never happen, as if its process were gone. */
  readonly kill: Effect.Effect<void>
}

/** One more runner over the same database. */
const start = Effect.gen(function* () {
  const scope = yield* Scope.make()
  let isKilled = false
  const store = Layer.map(JobStore.layer, (context) => context)
  const mortal = Layer.effect(
    JobStore,
    Effect.map(
      JobStore,
      (real) =>
        new Proxy(real, {
          get: (target, name) => {
            const member: unknown = Reflect.get(target, name)
            const guard = (effect: unknown) =>
              Effect.isEffect(effect) ? Effect.suspend(() => (isKilled ? Effect.never : effect)) : effect
            return typeof member === "function"
              ? (...input: ReadonlyArray<unknown>) => guard(Reflect.apply(member, target, input))
              : guard(member)
          }
        })
    )
  ).pipe(Layer.provide(store))
  const built = yield* within(
    Layer.buildWithScope(
      WorkLive.pipe(
        Layer.provideMerge(Layer.merge(service, JobEntityLive)),
        Layer.provideMerge(JobHandlers.layer),
        Layer.provide(mortal),
        Layer.provide(Layer.succeed(JobsConfig, settingsOf({ lanes: 4, maxLosses: 1000 }))),
        Layer.provide(cluster),
        Layer.provideMerge(Testing.layer()),
        Layer.fresh
      ),
      scope
    )
  )
  const incarnation: Incarnation = {
    jobs: yield* Effect.provide(JobService, built),
    snapshot: Effect.provide(Testing.snapshot, built),
    scope,
    kill: Effect.sync(() => {
      isKilled = true
    })
  }
  return incarnation
})

const stop = ({ scope }: Incarnation) => within(Scope.close(scope, Exit.void))

const run = (program: ReadonlyArray<Step>) =>
  Effect.gen(function* () {
    let current = yield* start
    const all = [current]
    const alive = new Set(all)
    const ids: Array<string> = []
    let refusedReplays = 0
    for (const each of program) {
      switch (each._tag) {
        case "submit": {
          const { behaviour, delay, key, priority } = each
          const exit = yield* within(
            Effect.exit(current.jobs.submit(Work, behaviour, { priority, dedupeKey: key, delay }))
          )
          if (Exit.isSuccess(exit)) {
            ids.push(exit.value)
          }
          break
        }
        case "cancel":
        case "replay": {
          const id = ids[each.nth % Math.max(1, ids.length)] ?? "none"
          const { cancel, deadLetters } = current.jobs
          const answer = yield* within(Effect.either(each._tag === "cancel" ? cancel(id) : deadLetters.replay(id)))
          if (Either.isLeft(answer) && answer.left.reason === "Validation") {
            refusedReplays += 1
          }
          break
        }
        case "pass":
          yield* pass(each.ms)
          break
        case "restart":
          yield* Effect.forEach(alive, stop)
          alive.clear()
          current = yield* start
          break
        case "crash":
          yield* current.kill
          alive.delete(current)
          current = yield* start
          break
        case "overlap":
          current = yield* start
          break
      }
      alive.add(current)
      if (!all.includes(current)) {
        all.push(current)
      }
    }
    yield* pass(1000)
    yield* breathe
    const snapshots = yield* Effect.all(all.map(({ snapshot }) => snapshot))
    const tables = yield* totals
    const inFlight = yield* Effect.forEach(Array.from(alive), ({ snapshot }) =>
      Effect.map(snapshot, (now) => totalOf(now, "jobs_in_flight", (text) => !text.includes('"process"')))
    )
    const sums = counted(snapshots)
    const after = { ...sums, failures: sums.failures - refusedReplays, held: tables.held }
    yield* Effect.forEach(alive, stop)
    const left = yield* Effect.forEach(Array.from(alive), ({ snapshot }) =>
      Effect.map(snapshot, (now) => totalOf(now, "jobs_in_flight"))
    )
    return { tables, counted: after, idle: [...inFlight, ...left].every((value) => value === 0) }
  }).pipe(Effect.provide([Layer.provideMerge(sqlite, TestContext.TestContext), Logger.remove(Logger.defaultLogger)]))

/**
 * The counters, over all runners. Refused operations have no row: their reasons are not among the failures, but for the
 * refused replay, whose reason an attempt can have too.
 */
const counted = (snapshots: ReadonlyArray<Testing.Snapshot>) => {
  const sum = (name: string, passes?: (text: string) => boolean) =>
    snapshots.reduce((total, snapshot) => total + totalOf(snapshot, name, passes), 0)
  return {
    enqueued: sum("jobs_enqueued_total"),
    replays: sum("jobs_replayed_total"),
    retries: sum("jobs_retried_total"),
    redelivered: sum("jobs_redelivered_total"),
    completions: sum("jobs_completed_total"),
    cancellations: sum("jobs_cancelled_total"),
    deadLettered: sum("jobs_dead_lettered_total"),
    failures: sum("jobs_failed_total", (text) => !/reason="(NotFound|AlreadyCancelled)"/.test(text))
  }
}

it("keeps the law, and each counter says what the tables say, whatever happens", { timeout: 240_000 }, () =>
  FastCheck.assert(
    FastCheck.asyncProperty(FastCheck.array(step, { minLength: 3, maxLength: 25 }), async (program) => {
      const { counted: metrics, idle, tables } = await Effect.runPromise(run(program))
      expect(metrics).toEqual(tables)
      expect(metrics.enqueued + metrics.replays).toBe(
        metrics.completions + metrics.cancellations + metrics.deadLettered + tables.held
      )
      expect(idle).toBe(true)
    }),
    { numRuns: Number(process.env["LAW_RUNS"] ?? 20) }
  )
)
