/**
 * Watching a singleton. A run ends when its effect does, or when the singleton moves; the singleton is active from the
 * start of its run until its scope closes, because what it forked goes on after it returned.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { MetricsService } from "../../../observe/metrics.ts"
import { bind, byOutcome } from "../bind.ts"
import { ofExit } from "../../../observe/track/outcome-of.ts"

const site = "cluster singletons"

/** The singleton's run, watched. */
export const watchSingleton = <E, R>(
  { cluster, meter }: MetricsService,
  singleton: string,
  run: Effect.Effect<void, E, R>
): Effect.Effect<void, E, R | Scope.Scope> => {
  const active = () => bind(cluster.singletonsActive, { singleton })
  const runs = (outcome: string | undefined) => bind(cluster.singletonRuns, { singleton, outcome })
  meter.guard(site, () => [active(), runs(undefined)])
  return Effect.zipRight(
    Effect.acquireRelease(
      Effect.sync(() => meter.guard(site, () => active().add(1))),
      () => Effect.sync(() => meter.guard(site, () => active().add(-1)))
    ),
    Effect.onExit(run, (exit) => Effect.sync(() => meter.guard(site, () => byOutcome(runs)(ofExit(exit)).record(1))))
  )
}
