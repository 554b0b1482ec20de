/**
 * Metrics of Effect's caches, `Cache` and `ScopedCache`: hits, misses, entries and lookups.
 *
 *     const users = yield* CacheMetrics.track({ cache: "users", lookup: findUser }, (lookup) =>
 *       Cache.make({ capacity: 1_000, timeToLive: "1 minute", lookup })
 *     )
 *
 * [Pools and caches](https://github.com/parametric-portal/parametric-portal/blob/main/docs/guides/runtime.md#pools-and-caches)
 *
 * @module
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { Requests } from "./cache/requests.ts"
import { watchedCache } from "./cache/watched-cache.ts"
import { observeSum } from "./instrument/observed-sum.ts"
import { runQuietly } from "./instrument/quiet.ts"
import { MetricsService } from "./metrics.ts"

/** What to track. */
export interface TrackCacheOptions<Key, Value, Error, Environment> {
  /** The value of the label `cache`. Caches of one name are added up. */
  readonly cache: string
  /** What the cache does not have. */
  readonly lookup: (key: Key) => Effect.Effect<Value, Error, Environment>
}

/** What a cache has to be: a `Cache` or a `ScopedCache`. */
export interface AnyCache {
  /** The number of entries. */
  readonly size: Effect.Effect<number>
}

/**
 * Makes a cache that is tracked until the scope closes. The function is given the lookup to make it with, and makes a
 * `Cache` or a `ScopedCache`; what is returned is used as that cache is.
 *
 * A request is `get`, `getEither`, `getOption` or `getOptionComplete`. It is a miss where it begins a lookup or finds
 * nothing, also when the entry was too old, and otherwise a hit, counted at its end. `refresh` and `set` are no requests;
 * the lookup of a `refresh` is timed.
 */
const track = <Key, Value, Error, Environment, C extends AnyCache, E, R>(
  { cache: name, lookup }: TrackCacheOptions<Key, Value, Error, Environment>,
  make: (lookup: (key: Key) => Effect.Effect<Value, Error, Environment>) => Effect.Effect<C, E, R>
): Effect.Effect<C, E, R | Scope.Scope | MetricsService> =>
  Effect.gen(function* () {
    const { cache: handles, meter } = yield* MetricsService
    const requests = new Requests({ handles, meter, name })
    const cache = yield* make(requests.lookup(lookup))
    yield* observeSum(meter, handles.entries, { labels: { cache: name }, read: () => runQuietly(cache.size) })
    return watchedCache(cache, requests)
  })

/** The metrics of caches. */
export const CacheMetrics = { track } as const
