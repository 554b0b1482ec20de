/** Timing the operations of a storage: `cluster_storage_operation_seconds` by operation and outcome. */
import type * as Effect from "effect/Effect"
import type { MetricsService } from "../../../observe/metrics.ts"
import { bind, bound, byOutcome } from "../bind.ts"
import { timer, type Watcher, watchWith } from "../watch.ts"

/** Times an operation by its name and shows the value of a success to `seen`; the effect stays as it is. */
export type Timed = <A, E, R>(
  storage_operation: string,
  effect: Effect.Effect<A, E, R>,
  seen?: (value: A) => void
) => Effect.Effect<A, E, R>

/** A timer of storage operations. */
export const timedOperations = ({ cluster, meter }: MetricsService): Timed => {
  const watchers = new Map<string, Watcher>()
  const watcherOf = (storage_operation: string): Watcher => {
    const known = watchers.get(storage_operation)
    if (known !== undefined) {
      return known
    }
    const series = bound(meter, () =>
      byOutcome((outcome) => bind(cluster.storageDuration, { storage_operation, outcome }))
    )
    const made = timer(meter, "cluster storage", (outcome) => series()(outcome))
    watchers.set(storage_operation, made)
    return made
  }
  return (operation, effect, seen) => watchWith(effect, watcherOf(operation), seen)
}
