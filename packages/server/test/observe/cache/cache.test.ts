import { expect, it } from "@effect/vitest"
import {
  Cache,
  Effect,
  Exit,
  FastCheck as fc,
  Fiber,
  Layer,
  Logger,
  type Scope,
  ScopedCache,
  TestClock,
  TestContext
} from "effect"
import { describe } from "vitest"
import { CacheMetrics } from "../../../src/observe/cache.ts"
import { MetricsService } from "../../../src/observe/metrics.ts"
import * as Testing from "../../../src/observe/testing.ts"
import { told } from "../../support/told.ts"

const counts = (cache = "c") =>
  Effect.gen(function* () {
    const { cache: handles } = yield* MetricsService
    const lookups = (outcome?: "failure" | "defect" | "interrupted") =>
      Effect.map(Testing.read(handles.lookupDuration, { cache, outcome }), (value) => value?.count ?? 0)
    return {
      hits: yield* Testing.read(handles.hits, { cache }),
      misses: yield* Testing.read(handles.misses, { cache }),
      entries: yield* Testing.read(handles.entries, { cache }),
      lookups: [yield* lookups(), yield* lookups("failure"), yield* lookups("defect"), yield* lookups("interrupted")]
    }
  })

type Made = Effect.Effect.Success<ReturnType<typeof Cache.make<number, number, string>>>

/** Key 1 fails, key 2 dies, the others succeed; each after a second. */
const lookupOf = (log: Array<string>) => (key: number) =>
  Effect.gen(function* () {
    log.push(`lookup ${key}`)
    yield* Effect.addFinalizer((exit) => Effect.sync(() => void log.push(`end ${key} ${exit._tag}`)))
    yield* Effect.sleep("1 second")
    return yield* key === 1 ? Effect.fail("no") : key === 2 ? Effect.die("no") : Effect.succeed(key * 10)
  }).pipe(Effect.scoped)

const steps = fc.array(
  fc.record({
    kind: fc.constantFrom("get", "getEither", "getOption", "getOptionComplete", "refresh", "set", "invalidate", "wait"),
    key: fc.integer({ min: 0, max: 4 }),
    interrupt: fc.boolean()
  }),
  { maxLength: 16 }
)

type Step = { readonly kind: string; readonly key: number; readonly interrupt: boolean }

const call = (cache: Made, { key, kind }: Step): Effect.Effect<unknown, unknown> => {
  switch (kind) {
    case "get":
      return cache.get(key)
    case "getEither":
      return cache.getEither(key)
    case "getOption":
      return cache.getOption(key)
    case "getOptionComplete":
      return cache.getOptionComplete(key)
    case "refresh":
      return cache.refresh(key)
    case "set":
      return cache.set(key, 7)
    case "invalidate":
      return cache.invalidate(key)
    default:
      return TestClock.adjust("500 millis")
  }
}

/** All that is seen of a cache from outside. */
const program = (isTracked: boolean, plan: ReadonlyArray<Step>) =>
  Effect.gen(function* () {
    const log: Array<string> = []
    const make = (lookup: (key: number) => Effect.Effect<number, string>) =>
      Cache.make({ capacity: 3, timeToLive: "2 seconds", lookup })
    const cache: Made = yield* isTracked
      ? CacheMetrics.track({ cache: "c", lookup: lookupOf(log) }, make)
      : make(lookupOf(log))
    const fibers: Array<Fiber.RuntimeFiber<unknown, unknown>> = []
    for (const step of plan) {
      const fiber = yield* Effect.fork(call(cache, step))
      yield* Effect.yieldNow()
      if (step.interrupt) {
        yield* Fiber.interrupt(fiber)
      }
      fibers.push(fiber)
    }
    yield* TestClock.adjust("5 seconds")
    const exits = yield* Effect.forEach(fibers, Fiber.await)
    const { hits, misses, size } = yield* cache.cacheStats
    return { exits: exits.map(told), log, stats: { hits, misses, size } }
  })

const layers = Layer.mergeAll(Testing.layer(), TestContext.TestContext)

const run = <A>(effect: Effect.Effect<A, never, MetricsService | Scope.Scope>): Promise<A> =>
  Effect.runPromise(Effect.provide(Effect.scoped(effect), layers))

describe("CacheMetrics", () => {
  it("changes nothing, and counts what the cache counts", () =>
    fc.assert(
      fc.asyncProperty(steps, async (plan) => {
        const plain = await run(program(false, plan))
        const [tracked, counted] = await run(Effect.all([program(true, plan), counts()]))
        expect(tracked).toEqual(plain)
        expect(counted.lookups.reduce((sum, count) => sum + count, 0)).toBe(
          plain.log.filter((line) => line.startsWith("lookup")).length
        )
        // What `getOption` finds too old the cache counts not at all, and its `refresh` of what is too old as a request.
        const isAlike = plan.every(({ kind }) => !kind.startsWith("getOption") && kind !== "refresh")
        const ours = { hits: counted.hits, misses: counted.misses, size: counted.entries }
        expect(isAlike ? ours : plain.stats).toEqual(plain.stats)
      }),
      { numRuns: 40 }
    ))

  it.scoped("takes a request for what is not there for a miss, and a refresh for none", () =>
    Effect.gen(function* () {
      const cache = yield* CacheMetrics.track({ cache: "c", lookup: (key: number) => Effect.succeed(key) }, (lookup) =>
        Cache.make({ capacity: 10, timeToLive: "1 minute", lookup })
      )
      yield* cache.getOption(1)
      expect(yield* counts()).toEqual({ hits: 0, misses: 1, entries: 0, lookups: [0, 0, 0, 0] })
      yield* cache.refresh(1)
      yield* cache.get(1)
      yield* cache.getOption(1)
      expect(yield* counts()).toEqual({ hits: 2, misses: 1, entries: 1, lookups: [1, 0, 0, 0] })
    }).pipe(Effect.provide(Testing.layer()))
  )

  it.scoped("takes an entry of a ScopedCache that was too old for a miss", () =>
    Effect.gen(function* () {
      const cache = yield* CacheMetrics.track({ cache: "c", lookup: (key: number) => Effect.succeed(key) }, (lookup) =>
        ScopedCache.make({ capacity: 10, timeToLive: "1 minute", lookup })
      )
      const get = Effect.scoped(cache.get(1))
      yield* get
      yield* get
      yield* TestClock.adjust("2 minutes")
      yield* get
      expect(yield* counts()).toEqual({ hits: 1, misses: 2, entries: 1, lookups: [2, 0, 0, 0] })
      expect(yield* cache.cacheStats).toMatchObject({ hits: 2, misses: 2 })
    }).pipe(Effect.provide(Testing.layer()))
  )

  it.scoped("counts a lookup that asks the same cache", () =>
    Effect.gen(function* () {
      const cache: Cache.Cache<number, number> = yield* CacheMetrics.track(
        {
          cache: "c",
          lookup: (key: number): Effect.Effect<number> => (key === 0 ? Effect.succeed(0) : nested(key - 1))
        },
        (lookup) => Cache.make({ capacity: 10, timeToLive: "1 minute", lookup })
      )
      const nested = (key: number): Effect.Effect<number> => Effect.map(cache.get(key), (value) => value + 1)
      expect(yield* cache.get(3)).toBe(3)
      expect(yield* cache.get(3)).toBe(3)
      expect(yield* counts()).toEqual({ hits: 1, misses: 4, entries: 4, lookups: [4, 0, 0, 0] })
    }).pipe(Effect.provide(Testing.layer()))
  )

  it.scoped("adds up caches of one name, and shows no entries of one whose scope is closed", () =>
    Effect.gen(function* () {
      const make = CacheMetrics.track({ cache: "c", lookup: (key: number) => Effect.succeed(key) }, (lookup) =>
        Cache.make({ capacity: 10, timeToLive: "1 minute", lookup })
      )
      const first = yield* make
      yield* first.get(1)
      yield* Effect.scoped(
        Effect.gen(function* () {
          const second = yield* make
          yield* second.get(1)
          yield* second.get(2)
          expect((yield* counts()).entries).toBe(3)
        })
      )
      expect((yield* counts()).entries).toBe(1)
    }).pipe(Effect.provide(Testing.layer()))
  )

  it.scoped("lets through what a lookup throws", () =>
    Effect.gen(function* () {
      const lookup = (key: number): Effect.Effect<number> => {
        throw new TypeError(String(key))
      }
      const cache = yield* CacheMetrics.track({ cache: "c", lookup }, (watched) =>
        Cache.make({ capacity: 10, timeToLive: "1 minute", lookup: watched })
      )
      const exit = yield* Effect.exit(cache.get(1))
      expect(exit).toEqual(Exit.die(new TypeError("1")))
      expect((yield* counts()).lookups).toEqual([0, 0, 1, 0])
    }).pipe(Effect.provide(Testing.layer()))
  )

  it.scopedLive("tells the entries of the others where those of one can't be read", () =>
    Effect.gen(function* () {
      const { cache: handles } = yield* MetricsService
      const lookup = (key: number) => Effect.succeed(key)
      const good = yield* CacheMetrics.track({ cache: "good", lookup }, (lookup) =>
        Cache.make({ capacity: 10, timeToLive: "1 minute", lookup })
      )
      yield* CacheMetrics.track({ cache: "slow", lookup }, (lookup) =>
        Effect.succeed({ size: Effect.delay(Effect.succeed(1), "1 second"), get: lookup })
      )
      yield* good.get(1)
      expect(yield* Testing.read(handles.entries, { cache: "good" })).toBe(1)
      expect(yield* Testing.read(handles.entries, { cache: "slow" })).toBeUndefined()
    }).pipe(Effect.provide(Layer.merge(Testing.layer(), Logger.remove(Logger.defaultLogger))))
  )
})
