/** Times the operations of a storage: `cluster_storage_operation_seconds` by operation and outcome. */
import type * as Effect from "effect/Effect"
import { bindEach } from "../../../observe/instrument/bind.ts"
import type { MetricsService } from "../../../observe/metrics.ts"
import { timer, type Watcher, watchWith } from "../../../observe/track/watch.ts"
import { bound } from "../bound-series.ts"

/** The effect of a storage operation, timed. `onValue` is given the value of a success. */
export type OperationTimer = <A, E, R>(
  storage_operation: string,
  effect: Effect.Effect<A, E, R>,
  onValue?: (value: A) => void
) => Effect.Effect<A, E, R>

/** The timer of the operations of one storage. Each operation has one watcher and its series, made at its first use. */
export const operationTimer = (metrics: MetricsService): OperationTimer => {
  const { cluster, meter } = metrics
  const watchers = new Map<string, Watcher>()
  const watcherOf = (storage_operation: string): Watcher => {
    const known = watchers.get(storage_operation)
    if (known !== undefined) {
      return known
    }
    const series = bound(meter, () => bindEach(cluster.storageDuration, "outcome", { labels: { storage_operation } }))
    const made = timer({ site: "cluster storage", meter }, (outcome) => series()(outcome))
    watchers.set(storage_operation, made)
    return made
  }
  return (operation, effect, onValue) => watchWith(effect, watcherOf(operation), onValue)
}
