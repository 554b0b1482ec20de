/** Timing the operations of a storage: `cluster_storage_operation_seconds` by operation and outcome. */
import type * as Effect from "effect/Effect"
import type { MetricsService } from "../../observe/metrics.ts"
import type { Watcher } from "../../observe/watch.ts"
import type { Outcome } from "../../observe/outcome.ts"
import type { Series } from "../../observe/series.ts"
import { SeriesCache } from "../../observe/series-cache.ts"
import { bind, byOutcome } from "./bind.ts"
import { timer, watchWith } from "./watch.ts"

/** Times an operation by its name; the effect stays as it is. */
export type Timed = <A, E, R>(storage_operation: string, effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

/** A timer of storage operations. */
export const timedOperations = ({ cluster, meter }: MetricsService): Timed => {
  const series = new SeriesCache(meter, (storage_operation: string): ((outcome: Outcome) => Series) =>
    byOutcome((outcome) => bind(cluster.storageDuration, { storage_operation, outcome }))
  )
  const watchers = new Map<string, Watcher>()
  return (operation, effect) => {
    const watcher =
      watchers.get(operation) ??
      timer(meter, "cluster storage", (outcome) => series.get(operation, operation, [])(outcome))
    watchers.set(operation, watcher)
    return watchWith(effect, watcher)
  }
}
