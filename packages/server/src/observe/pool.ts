/**
 * Metrics of Effect's pools, `Pool`, `KeyedPool` and `RcMap`: items by state, those that wait, waiting time and use.
 *
 *     const pool = yield* PoolMetrics.track({ pool: "connections", acquire: connect }, (acquire) =>
 *       Pool.make({ acquire, size: 10 })
 *     )
 *
 * [Pools and caches](https://github.com/parametric-portal/parametric-portal/blob/main/docs/guides/runtime.md#pools-and-caches)
 *
 * @module
 */
import * as Effect from "effect/Effect"
import type * as KeyedPool from "effect/KeyedPool"
import type * as Pool from "effect/Pool"
import * as RcMap from "effect/RcMap"
import type * as Scope from "effect/Scope"
import { observeSum } from "./instrument/observed-sum.ts"
import { MetricsService } from "./metrics.ts"
import { Use } from "./pool/use.ts"
import { watched } from "./pool/watched.ts"

/** What to track: a pool, each of whose items comes from the same effect. */
export interface TrackPoolOptions<A, E, R> {
  /** The value of the label `pool`. Pools of one name are added up. */
  readonly pool: string
  /** Makes one item. */
  readonly acquire: Effect.Effect<A, E, R>
}

/** What to track: a `KeyedPool`. */
export interface TrackKeyedOptions {
  /** The value of the label `pool`. Pools of one name are added up. */
  readonly pool: string
}

/** What to track: an `RcMap`, each of whose items comes from the lookup of a key. */
export interface TrackRcMapOptions<Key, A, E, R> {
  /** The value of the label `pool`. Maps of one name are added up. */
  readonly pool: string
  /** Makes one item. */
  readonly lookup: (key: Key) => Effect.Effect<A, E, R>
}

/**
 * Makes a `Pool` that is tracked until the scope closes. The function is given the effect to make it with, which counts the
 * items; what is returned is used as the pool is.
 *
 * `pool_wait_seconds` is timed from asking for an item to having it or not, `pool_use_seconds` from there to the end of
 * the scope that asked. An item is `used` while somebody has it, also where others could have it at the same time.
 */
const track = <A, E, R, E2, R2>(
  { acquire, pool: name }: TrackPoolOptions<A, E, R>,
  make: (acquire: Effect.Effect<A, E, R | Scope.Scope>) => Effect.Effect<Pool.Pool<A, E>, E2, R2>
): Effect.Effect<Pool.Pool<A, E>, E2, R2 | Scope.Scope | MetricsService> =>
  Effect.gen(function* () {
    const use = yield* useOf(name, states)
    const pool = yield* make(use.acquire(acquire))
    return watched(pool, "get", () => use.get(pool.get))
  })

/**
 * Makes a `KeyedPool` that is tracked until the scope closes, as {@link PoolMetrics} does a `Pool`, over all keys. It does
 * not tell when it gives up an item, so that there is no state `idle`.
 */
const trackKeyed = <K, A, E, E2, R2>(
  { pool: name }: TrackKeyedOptions,
  make: Effect.Effect<KeyedPool.KeyedPool<K, A, E>, E2, R2>
): Effect.Effect<KeyedPool.KeyedPool<K, A, E>, E2, R2 | Scope.Scope | MetricsService> =>
  Effect.gen(function* () {
    const use = yield* useOf(name, ["used"])
    const pool = yield* make
    return watched(pool, "get", () => (key: K) => use.get(pool.get(key)))
  })

/**
 * Makes an `RcMap` that is tracked until the scope closes. The function is given the lookup to make it with, which counts
 * the items. Ask it with {@link PoolMetrics}`.get`: what is asked with `RcMap.get` is not seen, and its item counts as idle.
 */
const trackRcMap = <K, A, E, R, E2, E3, R2>(
  { lookup, pool: name }: TrackRcMapOptions<K, A, E, R>,
  make: (lookup: (key: K) => Effect.Effect<A, E, R | Scope.Scope>) => Effect.Effect<RcMap.RcMap<K, A, E3>, E2, R2>
): Effect.Effect<RcMap.RcMap<K, A, E3>, E2, R2 | Scope.Scope | MetricsService> =>
  Effect.gen(function* () {
    const use = yield* useOf(name, states)
    const map = yield* make((key) => use.acquire(lookup(key)))
    maps.set(map, use)
    return map
  })

/** Gets what an `RcMap` has for a key, as `RcMap.get` does; of one that is tracked, waiting time and use are recorded. */
const get = <K, A, E>(map: RcMap.RcMap<K, A, E>, key: K): Effect.Effect<A, E, Scope.Scope> =>
  maps.get(map)?.get(RcMap.get(map, key)) ?? RcMap.get(map, key)

/** The metrics of pools. */
export const PoolMetrics = { get, track, trackKeyed, trackRcMap } as const

const maps = new WeakMap<object, Use>()

const states = ["idle", "used"] as const

const useOf = (
  name: string,
  shown: ReadonlyArray<(typeof states)[number]>
): Effect.Effect<Use, never, Scope.Scope | MetricsService> =>
  Effect.gen(function* () {
    const { meter, pool: handles } = yield* MetricsService
    const use = new Use({ handles, meter, name })
    for (const state of shown) {
      yield* observeSum(meter, handles.items, { labels: { pool: name, state }, read: () => use.items()[state] })
    }
    return use
  })
