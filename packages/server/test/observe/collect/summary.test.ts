/** Summaries: each quantile once, and which of them are given up. */
import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as MetricKey from "effect/MetricKey"
import * as MetricRegistry from "effect/MetricRegistry"
import { readSummary } from "../../../src/observe/collect/summary.ts"
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

describe("a summary", () => {
  /** One that takes longer than there is, so many times. */
  const slow = (times: number) => {
    const registry = MetricRegistry.make()
    const key = MetricKey.summary({ name: "s", maxAge: Duration.minutes(1), maxSize: 9, error: 0, quantiles: [] })
    const hook = registry.getSummary(key)
    let reads = 0
    const state = () => {
      reads += 1
      const until = reads > times ? 0 : performance.now() + 1_000
      while (performance.now() < until) {
        // As one that met a NaN.
      }
      return hook.get()
    }
    return { entry: { key, state }, reads: () => reads }
  }

  it("that took too long once is read again: others may have had the processor", () => {
    const { entry } = slow(1)
    // On a busy machine the first reading has tried again already.
    expect(readSummary(entry) ?? readSummary(entry)).toMatchObject({ count: 0 })
  })

  it("that never ends is given up after a few times", () => {
    const { entry, reads } = slow(Number.POSITIVE_INFINITY)
    let before = -1
    // On a busy machine some collections say nothing of it.
    for (let index = 0; index < 100 && reads() !== before; index++) {
      before = reads()
      expect(readSummary(entry)).toBeUndefined()
    }
    expect(readSummary(entry)).toBeUndefined()
    expect(reads()).toBe(before)
  })
})
