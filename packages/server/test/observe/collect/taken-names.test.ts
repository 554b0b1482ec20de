/** Labels of ours by names that a series has from elsewhere; those of external metrics are in `external-attributes`. */
import { expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import { MetricsService } from "../../../src/observe/metrics.ts"
import { collectorOf } from "./collected.ts"

it.effect(
  "a label of ours that Prometheus writes over is exported_…, and stays as it is in what has no such name",
  () =>
    Effect.gen(function* () {
      const { jobs, registry } = yield* MetricsService
      for (const text of ["a", "b"]) {
        yield* Metric.update(Metric.tagged(jobs.duration, "le", text), Duration.seconds(1))
        yield* Metric.increment(Metric.tagged(jobs.enqueued, "job", text))
      }
      yield* Metric.increment(Metric.tagged(Metric.tagged(jobs.replays, "le", "mine"), "exported_job", "x"))
      yield* Metric.increment(Metric.tagged(Metric.tagged(jobs.replays, "job", "y"), "exported_job", "x"))
      const found = collectorOf(registry).values()
      const attributesOf = (metric: string) =>
        found.flatMap(([name, attributes]) => (name === metric ? [attributes] : []))
      expect(attributesOf("jobs_duration_seconds")).toEqual([{ exported_le: "a" }, { exported_le: "b" }])
      expect(attributesOf("jobs_enqueued_total")).toEqual([{ exported_job: "a" }, { exported_job: "b" }])
      expect(attributesOf("jobs_replayed_total").map((all) => Object.entries(all))).toEqual([
        [
          ["exported_job", "x"],
          ["le", "mine"]
        ],
        [
          ["exported_exported_job", "y"],
          ["exported_job", "x"]
        ]
      ])
    }).pipe(Effect.provide(MetricsService.layer({ registry: "own" })))
)
