/** The decorators of `Runners` and `RunnerHealth`: tries to reach another runner, and checks whether it is alive. */
import * as RunnerHealth from "@effect/cluster/RunnerHealth"
import * as Runners from "@effect/cluster/Runners"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Meter } from "../../../observe/instrument/meter.ts"
import { MetricsService } from "../../../observe/metrics.ts"
import type { FailedOutcome, Outcome } from "../../../observe/catalogue/outcome.ts"
import { bind } from "../bind.ts"
import { errorTypeOf } from "../cluster-error.ts"
import { once } from "../../decorator/decorate-once.ts"
import type { ClusterMetricsOptions } from "../options.ts"
import { watchWith } from "../watch.ts"

/**
 * Decorates the `Runners` that it is given. A volatile message is one try, `cluster_runner_sends_total`; a persisted one
 * goes through the storage, and its hint to the other runner is not counted.
 */
export const runners = (
  options: ClusterMetricsOptions = {}
): Layer.Layer<Runners.Runners, never, Runners.Runners | MetricsService> =>
  Layer.effect(
    Runners.Runners,
    Effect.map(Effect.all([Runners.Runners, MetricsService]), ([given, metrics]) => {
      if (options.runners === false) {
        return given
      }
      const sends = (outcome: FailedOutcome | undefined, type: string | undefined) =>
        bind(metrics.cluster.runnerSends, { outcome, type }).record(1)
      bind(metrics.cluster.runnerSends, {})
      const watcher = counting(metrics.meter, "cluster runners", (outcome) =>
        outcome._tag === "success" ? sends(undefined, undefined) : sends(outcome._tag, errorTypeOf(outcome))
      )
      return once("Runners", given, {
        meter: metrics.meter,
        decorate: (service) => ({ ...service, send: (message) => watchWith(service.send(message), watcher) })
      })
    })
  )

/** Decorates the `RunnerHealth` that it is given: each check is counted, `cluster_runner_health_checks_total`. */
export const runnerHealth = (
  options: ClusterMetricsOptions = {}
): Layer.Layer<RunnerHealth.RunnerHealth, never, RunnerHealth.RunnerHealth | MetricsService> =>
  Layer.effect(
    RunnerHealth.RunnerHealth,
    Effect.gen(function* () {
      const given = yield* RunnerHealth.RunnerHealth
      const metrics = yield* MetricsService
      if (options.runners === false) {
        return given
      }
      yield* MetricsService.zero(metrics.cluster.runnerHealthChecks)
      const count = (result: "alive" | "dead" | "error") =>
        metrics.meter.guard("cluster runners", () => bind(metrics.cluster.runnerHealthChecks, { result }).record(1))
      const watcher = counting(metrics.meter, "cluster runners", (outcome) => {
        if (outcome._tag === "failure" || outcome._tag === "defect") {
          count("error")
        }
      })
      return once("RunnerHealth", given, {
        meter: metrics.meter,
        decorate: (service) => ({
          isAlive: (address) =>
            Effect.tap(watchWith(service.isAlive(address), watcher), (isAlive) =>
              Effect.sync(() => count(isAlive ? "alive" : "dead"))
            )
        })
      })
    })
  )

const counting = (meter: Meter, site: string, count: (outcome: Outcome) => void) => ({
  site,
  meter,
  ended: count
})
