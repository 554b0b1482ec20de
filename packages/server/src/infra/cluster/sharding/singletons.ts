/**
 * Watches a singleton. A run ends when its effect does, or when the singleton moves. The singleton is active from the
 * start of its run until its scope closes: what it forked goes on after its effect has ended.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { failedOutcome } from "../../../observe/catalogue/outcome.ts"
import { bind } from "../../../observe/instrument/bind.ts"
import type { MetricsService } from "../../../observe/metrics.ts"
import { ofExit } from "../../../observe/track/outcome-of.ts"

const site = "cluster singletons"

/** The watched run of a singleton. */
export const watchSingleton = <E, R>(
  metrics: MetricsService,
  singleton: string,
  run: Effect.Effect<void, E, R>
): Effect.Effect<void, E, R | Scope.Scope> => {
  const { cluster, meter } = metrics
  const active = () => bind(cluster.singletonsActive, { singleton })
  const runs = (outcome: string | undefined) => bind(cluster.singletonRuns, { singleton, outcome })
  meter.guard(site, () => [active(), runs(undefined)])
  return Effect.zipRight(
    Effect.acquireRelease(
      Effect.sync(() => meter.guard(site, () => active().add(1))),
      () => Effect.sync(() => meter.guard(site, () => active().add(-1)))
    ),
    Effect.onExit(run, (exit) =>
      Effect.sync(() => meter.guard(site, () => runs(failedOutcome(ofExit(exit))).record(1)))
    )
  )
}
