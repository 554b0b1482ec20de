/** The decorator of `RunnerHealth`: counts the checks whether another runner is alive. */
import * as RunnerHealth from "@effect/cluster/RunnerHealth"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { healthCheckResults } from "../../../observe/catalogue.ts"
import { bind } from "../../../observe/instrument/bind.ts"
import { MetricsService } from "../../../observe/metrics.ts"
import { type Watcher, watchWith } from "../../../observe/track/watch.ts"
import { decorateOnce } from "../../decorator/decorate-once.ts"
import type { ClusterMetricsOptions } from "../options.ts"

const site = "cluster runners"

/** Decorates the `RunnerHealth` that it is given: each check is one in `cluster_runner_health_checks_total`. */
export const runnerHealth = (
  options: ClusterMetricsOptions = {}
): Layer.Layer<RunnerHealth.RunnerHealth, never, RunnerHealth.RunnerHealth | MetricsService> =>
  Layer.effect(
    RunnerHealth.RunnerHealth,
    Effect.gen(function* () {
      const given = yield* RunnerHealth.RunnerHealth
      const { cluster, meter } = yield* MetricsService
      if (options.runners === false) {
        return given
      }
      yield* MetricsService.zero(cluster.runnerHealthChecks)
      const count = (result: (typeof healthCheckResults)[number]) =>
        meter.guard(site, () => bind(cluster.runnerHealthChecks, { result }).record(1))
      const watcher: Watcher = {
        site,
        meter,
        ended: (outcome) => {
          if (outcome._tag === "failure" || outcome._tag === "defect") {
            count("error")
          }
        }
      }
      return decorateOnce("RunnerHealth", given, {
        meter,
        decorate: (service) => ({
          isAlive: (address) =>
            Effect.tap(watchWith(service.isAlive(address), watcher), (isAlive) =>
              Effect.sync(() => count(isAlive ? "alive" : "dead"))
            )
        })
      })
    })
  )
