/** Quantiles of summaries: each once, however often it was asked for. */
import { expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as MetricKey from "effect/MetricKey"
import * as MetricRegistry from "effect/MetricRegistry"
import { collectorOf } from "./collected.ts"

it("a quantile that was asked for twice is there once, and so is 0 beside -0", () => {
  const registry = MetricRegistry.make()
  const options = { name: "s", maxAge: Duration.minutes(1), maxSize: 9, error: 0 }
  const hook = registry.getSummary(MetricKey.summary({ ...options, quantiles: [0.5, 0, 1, 0.5, -0] }))
  ;[1, 2, 3].forEach((value) => hook.update([value, Date.now()]))
  expect(collectorOf(registry).values()).toMatchObject([
    [
      "s",
      {},
      {
        quantiles: [
          [0, 1],
          [0.5, 1],
          [1, 3]
        ]
      }
    ]
  ])
})
