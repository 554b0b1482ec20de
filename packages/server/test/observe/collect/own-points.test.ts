/** The points of our own histograms: what is remembered of one collection never stands for what came after it. */
import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as MetricLabel from "effect/MetricLabel"
import * as MetricRegistry from "effect/MetricRegistry"
import { catalogue } from "../../../src/observe/catalogue.ts"
import { meterOf } from "../../../src/observe/instrument/meter.ts"
import { makeCollector } from "../../../src/observe/collect/registries.ts"
import type { Drop } from "../../../src/observe/collect/points/drop.ts"
import type { Point } from "../../../src/observe/collect/points/point.ts"
import { canonical, label } from "../../../src/observe/instrument/label.ts"

const names = ["a", "b", "c"]
const name = FastCheck.constantFrom(...names)

type Step =
  | { readonly does: "record"; readonly on: string; readonly amount: number }
  | { readonly does: "remove"; readonly on: string }
  | { readonly does: "collect" }

const step: FastCheck.Arbitrary<Step> = FastCheck.oneof(
  FastCheck.record({
    does: FastCheck.constant("record" as const),
    on: name,
    // Two of the largest overflow the sum.
    amount: FastCheck.constantFrom(0, 0.004, 1, 1e9, Number.MAX_VALUE)
  }),
  FastCheck.record({ does: FastCheck.constant("remove" as const), on: name }),
  FastCheck.record({ does: FastCheck.constant("collect" as const) })
)

const instrument = () => {
  const registry = MetricRegistry.make()
  const timings = Either.getOrThrow(meterOf(registry).define(catalogue.jobs.processingSeconds))
  const labelsOf = (job_type: string) => canonical(label({ job_type }))
  const drops: Array<Drop> = []
  const collector = makeCollector({
    registries: [registry],
    externalStartNanos: 0n,
    dropped: (drop) => drops.push(drop)
  })
  const collect = () => Array.from(collector.collect(1n)).filter((point) => point !== undefined)
  return {
    collect,
    drops,
    record: (on: string, amount: number) => timings.resolve(labelsOf(on)).record(amount),
    remove: (on: string) => timings.remove((labels) => labels.some(({ value }) => value === on)),
    held: () =>
      names.flatMap((on) => {
        const state = timings.find(labelsOf(on))?.state()
        return state !== undefined && "buckets" in state ? [[on, state.count, state.sum] as const] : []
      })
  }
}

describe("the points of a histogram", () => {
  it.prop(
    "are what it holds now, or dropped each time if that is not finite, and stay what they were",
    [FastCheck.array(step, { maxLength: 40 })],
    ([steps]) => {
      const { collect, drops, held, record, remove } = instrument()
      const handedOut: Array<{ readonly point: Point; readonly was: string }> = []
      for (const one of [...steps, { does: "collect" } as const, { does: "collect" } as const]) {
        if (one.does === "record") {
          record(one.on, one.amount)
        } else if (one.does === "remove") {
          remove(one.on)
        } else {
          drops.length = 0
          const points = collect()
          const shown = points.flatMap(({ series, type, value }) =>
            type === "distribution" ? [[series.attributes["job_type"], value.count, value.sum]] : []
          )
          const finite = held().filter(([, , sum]) => Number.isFinite(sum))
          expect(new Set(shown)).toEqual(new Set(finite))
          const dropped = held().length - finite.length
          expect(drops.map(({ reason }) => reason)).toEqual(Array.from({ length: dropped }, () => "non_finite"))
          handedOut.push(...points.map((point) => ({ point, was: JSON.stringify(point.value) })))
        }
      }
      for (const { point, was } of handedOut) {
        expect(JSON.stringify(point.value)).toBe(was)
      }
    }
  )
})

it("attributes are text, also where a program in JavaScript gave something else, and series stay apart", () => {
  const registry = MetricRegistry.make()
  const timings = Either.getOrThrow(meterOf(registry).define(catalogue.jobs.processingSeconds))
  const odd: ReadonlyArray<unknown> = [5, Number.NaN, Number.POSITIVE_INFINITY, true, "x"]
  odd.forEach((value) => timings.resolve([MetricLabel.make("job_type", value as string)]).record(1))
  const collector = makeCollector({ registries: [registry], externalStartNanos: 0n, dropped: () => {} })
  const points = Array.from(collector.collect(1n)).filter((point) => point !== undefined)
  expect(points.map(({ series }) => series.attributes)).toEqual(odd.map((value) => ({ job_type: String(value) })))
})

it("the help of a metric that a user defined is well-formed", () => {
  const registry = MetricRegistry.make()
  const row = { name: "half", kind: "gauge", unit: "{x}", labels: [], help: "Half a \ud83d pair." } as const
  Either.getOrThrow(meterOf(registry).define(row)).resolve([]).record(1)
  const collector = makeCollector({ registries: [registry], externalStartNanos: 0n, dropped: () => {} })
  expect(Array.from(collector.collect(1n), (point) => point?.metric.help)).toEqual(["Half a \ufffd pair."])
})
