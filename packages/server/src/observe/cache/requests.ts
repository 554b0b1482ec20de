/** The requests to one cache, each of them a hit or a miss, and the lookups that they begin. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import { bind, bindForGood, type BoundSeries } from "../instrument/bind.ts"
import { type AnyFiber, currentFiber } from "../instrument/fiber.ts"
import type { CacheHandles } from "../instrument/handles/cache.ts"
import type { Meter } from "../instrument/meter.ts"
import { timer, Watch, type Watcher, watchWith } from "../track/watch.ts"

/** A call of a cache on a fiber. */
interface Call {
  readonly isRequest: boolean
  hasBegun: boolean
  isMiss: boolean
}

/** Where a cache records. */
export interface RequestsOptions {
  readonly handles: CacheHandles
  readonly meter: Meter
  readonly name: string
}

/**
 * Counts hits and misses. A cache runs a lookup on the fiber that asked for it: so the call that is under way on a fiber is
 * the one that a lookup belongs to.
 */
export class Requests {
  private readonly meter: Meter
  private readonly hits: BoundSeries
  private readonly misses: BoundSeries
  private readonly lookups: Watcher
  private readonly calls = new WeakMap<AnyFiber, Call>()

  constructor({ handles, meter, name }: RequestsOptions) {
    this.meter = meter
    this.hits = bindForGood(handles.hits, { cache: name })
    this.misses = bindForGood(handles.misses, { cache: name })
    this.lookups = timer({ site: "cache", meter }, (outcome) => bind(handles.lookupDuration, { cache: name, outcome }))
  }

  /** A lookup that is timed, and makes a miss of the request that began it. */
  lookup<Key, A, E, R>(lookup: (key: Key) => Effect.Effect<A, E, R>): (key: Key) => Effect.Effect<A, E, R> {
    return (key) => {
      const fiber = currentFiber()
      const call = fiber === undefined ? undefined : this.calls.get(fiber)
      if (call?.isRequest === true && !call.isMiss) {
        call.isMiss = true
        this.misses.record(1)
      }
      const found = Either.try({ try: () => lookup(key), catch: (thrown) => thrown })
      if (Either.isLeft(found)) {
        new Watch(this.lookups, fiber).end({ _tag: "defect", defect: found.left })
      }
      return watchWith(
        Either.getOrThrowWith(found, (thrown) => thrown),
        this.lookups
      )
    }
  }

  /** A request that gets the value of a key, looked up where it has to be. */
  get<A, E, R>(request: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    return this.during(request, true, ({ isMiss }) => {
      if (!isMiss) {
        this.hits.record(1)
      }
    })
  }

  /** A request for what is there, which begins no lookup. */
  getOption<A, E, R>(request: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    return this.during(request, false, (_, exit) => {
      const isMiss = Exit.isSuccess(exit) && Option.isOption(exit.value) && Option.isNone(exit.value)
      const series = isMiss ? this.misses : this.hits
      series.record(1)
    })
  }

  /** A lookup that nobody's request waits for. */
  refresh<A, E, R>(refresh: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    return this.during(refresh, false, () => {})
  }

  private during<A, E, R>(
    effect: Effect.Effect<A, E, R>,
    isRequest: boolean,
    ended: (call: Call, exit: Exit.Exit<A, E>) => void
  ): Effect.Effect<A, E, R> {
    return Effect.uninterruptibleMask((restore) => {
      const fiber = currentFiber()
      if (fiber === undefined) {
        return restore(effect)
      }
      const outer = this.calls.get(fiber)
      const call: Call = { isRequest, hasBegun: false, isMiss: false }
      this.calls.set(fiber, call)
      const begun = Effect.suspend(() => {
        call.hasBegun = true
        return effect
      })
      const end = (exit: Exit.Exit<A, E>): Exit.Exit<A, E> => {
        if (outer === undefined) {
          this.calls.delete(fiber)
        } else {
          this.calls.set(fiber, outer)
        }
        // One that was interrupted before it began asked for nothing.
        if (call.hasBegun) {
          this.meter.guard("cache", () => ended(call, exit))
        }
        return exit
      }
      return Effect.matchCauseEffect(restore(begun), {
        onFailure: (cause) => end(Exit.failCause(cause)),
        onSuccess: (value) => end(Exit.succeed(value))
      })
    })
  }
}
