import { expect, it } from "@effect/vitest"
import {
  Deferred,
  Effect,
  Equal,
  Exit,
  FastCheck as fc,
  Fiber,
  KeyedPool,
  Layer,
  Logger,
  Pool,
  RcMap,
  Scope,
  TestClock,
  TestContext
} from "effect"
import { describe } from "vitest"
import { MetricsService } from "../../../src/observe/metrics.ts"
import { PoolMetrics } from "../../../src/observe/pool.ts"
import * as Testing from "../../../src/observe/testing.ts"
import { told } from "../../support/told.ts"

const seen = (pool = "p") =>
  Effect.gen(function* () {
    const { pool: handles } = yield* MetricsService
    const waits = (outcome?: "failure" | "defect" | "interrupted") =>
      Effect.map(Testing.read(handles.waitDuration, { pool, outcome }), (value) => value?.count ?? 0)
    return {
      idle: yield* Testing.read(handles.items, { pool, state: "idle" }),
      used: yield* Testing.read(handles.items, { pool, state: "used" }),
      waiting: yield* Testing.read(handles.waiting, { pool }),
      waits: [yield* waits(), yield* waits("failure"), yield* waits("defect"), yield* waits("interrupted")],
      uses: (yield* Testing.read(handles.useDuration, { pool }))?.count
    }
  })

const acquireOf = (log: Array<string>) => {
  let made = 0
  return Effect.acquireRelease(
    Effect.suspend(() => {
      const id = ++made
      log.push(`acquire ${id}`)
      return Effect.delay(Effect.succeed({ id }), "100 millis")
    }),
    ({ id }) => Effect.sync(() => void log.push(`release ${id}`))
  )
}

interface Step {
  readonly holdMs: number
  readonly afterMs: number
  readonly end: string
}

const steps = fc.array(
  fc.record({
    holdMs: fc.integer({ min: 0, max: 500 }),
    afterMs: fc.integer({ min: 0, max: 200 }),
    end: fc.constantFrom("succeed", "fail", "die", "interrupt", "invalidate")
  }),
  { maxLength: 8 }
)

/** All that is seen of a pool from outside. */
const program = (isTracked: boolean, plan: ReadonlyArray<Step>) =>
  Effect.gen(function* () {
    const log: Array<string> = []
    const scope = yield* Scope.make()
    const make = (acquire: Effect.Effect<{ id: number }, never, Scope.Scope>) =>
      Pool.makeWithTTL({ acquire, min: 1, max: 3, timeToLive: "1 second" })
    const acquire = acquireOf(log)
    const pool = yield* Scope.extend(isTracked ? PoolMetrics.track({ pool: "p", acquire }, make) : make(acquire), scope)
    const use = ({ end, holdMs }: Step): Effect.Effect<number, string> =>
      Effect.scoped(
        Effect.gen(function* () {
          const item = yield* pool
          log.push(`use ${item.id}`)
          yield* Effect.sleep(holdMs)
          if (end === "invalidate") {
            yield* Pool.invalidate(pool, item)
          }
          return yield* end === "fail"
            ? Effect.fail("end")
            : end === "die"
              ? Effect.die("end")
              : Effect.succeed(item.id)
        })
      )
    const fibers: Array<Fiber.RuntimeFiber<number, string>> = []
    for (const step of plan) {
      const fiber = yield* Effect.forkDaemon(use(step))
      yield* TestClock.adjust(step.afterMs)
      if (step.end === "interrupt") {
        yield* Fiber.interruptFork(fiber)
      }
      fibers.push(fiber)
    }
    yield* TestClock.adjust("10 seconds")
    const exits = fibers.map((fiber) => fiber.unsafePoll() ?? Exit.die("it waits"))
    const before = isTracked ? yield* seen() : undefined
    // Effect's pool can lose a permit when one that waits is interrupted: then others wait for ever, with and without us.
    const isLeft = exits.some((exit) => Exit.isFailure(exit) && Equal.equals(exit, Exit.die("it waits")))
    const closing = yield* Effect.forkDaemon(Scope.close(scope, Exit.void))
    yield* TestClock.adjust("1 second")
    return { exits: exits.map(told), log, before, isLeft: isLeft || closing.unsafePoll() === null }
  })

const layers = Layer.mergeAll(Testing.layer(), TestContext.TestContext)

describe("PoolMetrics", () => {
  it("changes nothing of a pool, and ends with nobody waiting and nothing used", () =>
    fc.assert(
      fc.asyncProperty(steps, async (plan) => {
        const run = (isTracked: boolean) =>
          Effect.runPromise(Effect.provide(Effect.all([program(isTracked, plan), seen()]), layers))
        const [{ before: _, ...plain }] = await run(false)
        const [{ before, ...tracked }, after] = await run(true)
        expect(tracked).toEqual(plain)
        const uses = tracked.log.filter((line) => line.startsWith("use")).length
        const ended = [before?.waiting, before?.used, after.waiting, after.used, after.idle, after.uses]
        expect(tracked.isLeft ? [] : ended).toEqual(tracked.isLeft ? [] : [0, 0, 0, undefined, undefined, uses])
        expect(after.waits.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(plan.length)
      }),
      { numRuns: 15 }
    ))

  it.scoped("says who has items, who waits, and how long", () =>
    Effect.gen(function* () {
      const { pool: handles } = yield* MetricsService
      const acquire = Effect.sync(() => ({}))
      const pool = yield* PoolMetrics.track({ pool: "p", acquire }, (watched) =>
        Pool.make({ acquire: watched, size: 2 })
      )
      const gate = yield* Deferred.make<void>()
      const use = Effect.scoped(Effect.zipRight(pool.get, Deferred.await(gate)))
      yield* TestClock.adjust(0)
      expect(yield* seen()).toEqual({ idle: 2, used: 0, waiting: 0, waits: [0, 0, 0, 0], uses: 0 })
      const fibers = yield* Effect.forEach([use, use, use], Effect.fork)
      const gone = yield* Effect.fork(use)
      yield* TestClock.adjust("3 seconds")
      expect(yield* seen()).toEqual({ idle: 0, used: 2, waiting: 2, waits: [2, 0, 0, 0], uses: 0 })
      yield* Fiber.interrupt(gone)
      expect(yield* seen()).toEqual({ idle: 0, used: 2, waiting: 1, waits: [2, 0, 0, 1], uses: 0 })
      yield* Deferred.succeed(gate, undefined)
      yield* Effect.forEach(fibers, Fiber.await)
      expect(yield* seen()).toEqual({ idle: 2, used: 0, waiting: 0, waits: [3, 0, 0, 1], uses: 3 })
      expect(yield* Testing.read(handles.waitDuration, { pool: "p" })).toMatchObject({ sum: 3, max: 3 })
      expect(yield* Testing.read(handles.useDuration, { pool: "p" })).toMatchObject({ sum: 6, max: 3 })
    }).pipe(Effect.provide(Testing.layer()))
  )

  it.scoped("counts an acquire that fails or dies", () =>
    Effect.gen(function* () {
      const pool = yield* PoolMetrics.track({ pool: "p", acquire: Effect.fail("no") }, (acquire) =>
        Pool.make({ acquire, size: 1 })
      )
      expect(yield* Effect.exit(Effect.scoped(pool.get))).toEqual(Exit.fail("no"))
      const other = yield* PoolMetrics.track({ pool: "p", acquire: Effect.die("no") }, (acquire) =>
        Pool.make({ acquire, size: 1 })
      )
      expect(yield* Effect.exit(Effect.scoped(other.get))).toEqual(Exit.die("no"))
      expect(yield* seen()).toMatchObject({ used: 0, waiting: 0, waits: [0, 1, 1, 0], uses: 0 })
    }).pipe(Effect.provide(Testing.layer()))
  )

  it.scoped("counts one item that two have at the same time once", () =>
    Effect.gen(function* () {
      const pool = yield* PoolMetrics.track({ pool: "p", acquire: Effect.sync(() => ({})) }, (acquire) =>
        Pool.make({ acquire, size: 1, concurrency: 2 })
      )
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* pool
          yield* pool
          expect(yield* seen()).toMatchObject({ idle: 0, used: 1 })
        })
      )
      expect(yield* seen()).toMatchObject({ idle: 1, used: 0, uses: 2 })
    }).pipe(Effect.provide(Testing.layer()))
  )

  it.scoped("says of a KeyedPool what is used, and nothing of what is idle", () =>
    Effect.gen(function* () {
      const pool = yield* PoolMetrics.trackKeyed(
        { pool: "p" },
        KeyedPool.make({ acquire: (key: string) => Effect.succeed(key), size: 2 })
      )
      yield* Effect.scoped(
        Effect.gen(function* () {
          expect(yield* pool.get("a")).toBe("a")
          expect(yield* KeyedPool.get(pool, "a")).toBe("a")
          expect(yield* KeyedPool.get(pool, "b")).toBe("b")
          expect(yield* seen()).toMatchObject({ idle: undefined, used: 3 })
          yield* pool.invalidate("a")
        })
      )
      expect(yield* seen()).toMatchObject({ idle: undefined, used: 0, waiting: 0, waits: [3, 0, 0, 0], uses: 3 })
    }).pipe(Effect.provide(Testing.layer()))
  )

  it.scoped("counts the items of an RcMap until they are released", () =>
    Effect.gen(function* () {
      const map = yield* PoolMetrics.trackRcMap(
        { pool: "p", lookup: (key: string) => Effect.delay(Effect.succeed({ key }), "1 second") },
        (lookup) => RcMap.make({ lookup, idleTimeToLive: "1 minute", capacity: 5 })
      )
      const gate = yield* Deferred.make<void>()
      const use = Effect.scoped(Effect.zipRight(PoolMetrics.get(map, "a"), Deferred.await(gate)))
      const fibers = yield* Effect.forEach([use, use], Effect.fork)
      yield* TestClock.adjust("500 millis")
      expect(yield* seen()).toMatchObject({ idle: 0, used: 0, waiting: 2 })
      yield* TestClock.adjust("500 millis")
      expect(yield* seen()).toMatchObject({ idle: 0, used: 1, waiting: 0, waits: [2, 0, 0, 0] })
      yield* Deferred.succeed(gate, undefined)
      yield* Effect.forEach(fibers, Fiber.await)
      expect(yield* seen()).toMatchObject({ idle: 1, used: 0, uses: 2 })
      yield* TestClock.adjust("2 minutes")
      expect(yield* seen()).toMatchObject({ idle: 0, used: 0 })
    }).pipe(Effect.provide(Testing.layer()))
  )
})

it.scopedLive("adds up what is over the limit of series", () =>
  Effect.gen(function* () {
    const { pool: handles } = yield* MetricsService
    const names = ["a", "b", "c", "d"]
    const track = (pool: string) =>
      PoolMetrics.track({ pool, acquire: Effect.succeed(pool) }, (acquire) => Pool.make({ acquire, size: 2 }))
    const pools = yield* Effect.forEach(names, track)
    yield* Effect.forEach(pools, ({ get }) => get)
    const series = Object.entries(yield* Testing.snapshot).filter(([name]) => name.startsWith(handles.items.row.name))
    expect(series.length).toBe(3)
    expect(series.reduce((sum, [, value]) => sum + Number(value), 0)).toBe(8)
    expect(series.filter(([name]) => name.includes("overflow")).map(([, value]) => value)).toEqual([6])
  }).pipe(
    Effect.provide(
      Layer.merge(Testing.layer({ limits: { metrics: { pool_items: 3 } } }), Logger.remove(Logger.defaultLogger))
    )
  )
)
