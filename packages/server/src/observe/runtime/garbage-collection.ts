/** Garbage collections, as Node reports each of them. */
import { constants, PerformanceObserver } from "node:perf_hooks"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import type * as Scope from "effect/Scope"
import type { garbageCollections } from "../catalogue/runtime.ts"
import { bind } from "../instrument/bind.ts"
import type { Recorded } from "./recorded.ts"

type Type = (typeof garbageCollections)[number]

/** Records the duration of each garbage collection from now on, in the turn of the event loop after it. */
export const observeGarbageCollection = ({ meter, runtime }: Recorded): Effect.Effect<void, never, Scope.Scope> =>
  Effect.asVoid(
    Effect.acquireRelease(
      Effect.sync(() => {
        const record = (entries: ReadonlyArray<Entry>): void =>
          entries.forEach((entry) => {
            const type = typeOf(entry)
            if (type !== undefined) {
              bind(runtime.garbageCollectionDuration, { v8js_gc_type: type }).record(entry.duration / 1000)
            }
          })
        const observer = new PerformanceObserver((list) =>
          meter.guard("garbage collection", () => record(list.getEntries()))
        )
        observer.observe({ entryTypes: ["gc"] })
        return { observer, record }
      }),
      ({ observer, record }) =>
        Effect.sync(() => {
          meter.guard("garbage collection", () => record(observer.takeRecords()))
          observer.disconnect()
        })
    )
  )

interface Entry {
  readonly duration: number
  readonly detail?: unknown
}

/** The type of a collection; V8's minor mark-compact, which Node gives no name, is a minor one too. */
const typeOf = ({ detail }: Entry): Type | undefined =>
  Predicate.hasProperty(detail, "kind") && Predicate.isNumber(detail.kind) ? types.get(detail.kind) : undefined

const types: ReadonlyMap<number, Type> = new Map<number, Type>([
  [constants.NODE_PERFORMANCE_GC_MINOR, "minor"],
  [2, "minor"],
  [constants.NODE_PERFORMANCE_GC_MAJOR, "major"],
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL, "incremental"],
  [constants.NODE_PERFORMANCE_GC_WEAKCB, "weakcb"]
])
