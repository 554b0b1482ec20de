/** The decorator of `Runners`: counts the messages that are sent to other runners. */
import * as Runners from "@effect/cluster/Runners"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { failedOutcome } from "../../../observe/catalogue/outcome.ts"
import { bind } from "../../../observe/instrument/bind.ts"
import { MetricsService } from "../../../observe/metrics.ts"
import { type Watcher, watchWith } from "../../../observe/track/watch.ts"
import { decorateOnce } from "../../decorator/decorate-once.ts"
import { errorTypeOf } from "../cluster-error.ts"
import type { ClusterMetricsOptions } from "../options.ts"

/**
 * Decorates the `Runners` that it is given. Each attempt to send a volatile message is one in
 * `cluster_runner_sends_total`. A persisted message goes through the storage; the notification of the other runner is
 * not counted.
 */
export const runners = (
  options: ClusterMetricsOptions = {}
): Layer.Layer<Runners.Runners, never, Runners.Runners | MetricsService> =>
  Layer.effect(
    Runners.Runners,
    Effect.map(Effect.all([Runners.Runners, MetricsService]), ([given, { cluster, meter }]) => {
      if (options.runners === false) {
        return given
      }
      // So that the counter shows zero before the first send.
      bind(cluster.runnerSends, {})
      const watcher: Watcher = {
        site: "cluster runners",
        meter,
        ended: (outcome) =>
          bind(cluster.runnerSends, { outcome: failedOutcome(outcome), type: errorTypeOf(outcome) }).record(1)
      }
      return decorateOnce("Runners", given, {
        meter,
        decorate: (service) => ({ ...service, send: (message) => watchWith(service.send(message), watcher) })
      })
    })
  )
