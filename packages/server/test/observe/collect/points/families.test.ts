/** Series that several registries have: one series on the wire, that never goes back, and starts when it did. */
import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as MetricRegistry from "effect/MetricRegistry"
import { catalogue, type Row } from "../../../../src/observe/catalogue.ts"
import { meterOf } from "../../../../src/observe/instrument/meter.ts"
import { makeCollector } from "../../../../src/observe/collect/registries.ts"
import type { Point } from "../../../../src/observe/collect/points/point.ts"
import { makeBaselines } from "../../../../src/observe/collect/points/temporality.ts"
import { canonical, label } from "../../../../src/observe/instrument/label.ts"

const labels = canonical(label({ job_type: "x" }))

/** Two registries, a collector of both, and a destination of deltas. */
const both = (row: Row) => {
  const registries = [MetricRegistry.make(), MetricRegistry.make()]
  const [a, b] = registries.map((registry) => Either.getOrThrow(meterOf(registry).define(row)))
  if (a === undefined || b === undefined) {
    throw new Error("there are two registries")
  }
  const collector = makeCollector({ registries, externalStartNanos: 0n, dropped: () => {} })
  const baselines = makeBaselines("delta")
  const collect = (): Point | undefined => {
    const points = Array.from(collector.collect(1n)).filter((step) => step !== undefined)
    expect(points.length).toBeLessThanOrEqual(1)
    return points[0]
  }
  const exported = () => {
    const point = collect()
    const delta = point === undefined ? undefined : baselines.since(point)
    if (delta !== undefined) {
      baselines.acknowledge([delta], [2, 0])
    }
    return [point?.value, delta?.value]
  }
  return { a, b, collect, exported }
}

describe("a counter of two registries", () => {
  it("stays where it was when one of them forgets it, and goes on from there", () => {
    const { a, b, collect, exported } = both(catalogue.jobs.enqueued)
    a.resolve(labels).record(10)
    b.resolve(labels).record(5)
    const before = collect()?.series
    expect(exported()).toEqual([15, 15])
    a.remove(() => true)
    expect(exported()).toEqual([15, 0])
    b.resolve(labels).record(2)
    a.resolve(labels).record(1)
    expect(exported()).toEqual([18, 3])
    a.remove(() => true)
    a.resolve(labels).record(4)
    expect(exported()).toEqual([22, 4])
    expect(collect()?.series).toBe(before)
  })

  it("is the same series when another registry comes to have it first", () => {
    const { a, b, collect, exported } = both(catalogue.jobs.enqueued)
    b.resolve(labels).record(5)
    const before = collect()?.series
    expect(exported()).toEqual([5, 5])
    a.resolve(labels).record(10)
    expect(exported()).toEqual([15, 10])
    expect(collect()?.series).toBe(before)
  })

  it("begins anew, from nothing, after all of them forgot it", () => {
    const { a, b, collect, exported } = both(catalogue.jobs.enqueued)
    a.resolve(labels).record(10)
    b.resolve(labels).record(5)
    const before = collect()?.series
    expect(exported()).toEqual([15, 15])
    a.remove(() => true)
    b.remove(() => true)
    expect(exported()).toEqual([undefined, undefined])
    b.resolve(labels).record(3)
    expect(exported()).toEqual([3, 3])
    expect(collect()?.series).not.toBe(before)
  })
})

it("a counter that comes to be while one collection pauses, and another goes on, is added once", () => {
  const registries = [MetricRegistry.make(), MetricRegistry.make()]
  const [a, b] = registries.map((registry) => Either.getOrThrow(meterOf(registry).define(catalogue.jobs.enqueued)))
  const collector = makeCollector({ registries, externalStartNanos: 0n, dropped: () => {} })
  const of = (job_type: string) => canonical(label({ job_type }))
  a?.resolve(of("a")).record(1)
  for (let index = 0; index < 100; index++) {
    b?.resolve(of(`b${index}`)).record(1)
  }
  const pausing = collector.collect(1n)
  expect(pausing.next()).toEqual({ done: false, value: undefined })
  a?.resolve(of("b0")).record(100)
  const valueOfB0 = () =>
    Array.from(collector.collect(1n)).find((step) => step?.series.attributes["job_type"] === "b0")?.value
  expect(valueOfB0()).toBe(101)
  Array.from(pausing)
  expect(valueOfB0()).toBe(101)
})

it("a histogram of two registries keeps what one of them forgot", () => {
  const { a, b, exported } = both(catalogue.jobs.attempts)
  a.resolve(labels).record(1)
  b.resolve(labels).record(3)
  expect(exported()[0]).toMatchObject({ count: 2, sum: 4, min: 1, max: 3, buckets: { counts: [1, 0, 1, 0, 0, 0, 0] } })
  a.remove(() => true)
  b.resolve(labels).record(2)
  const [all, delta] = exported()
  expect(all).toMatchObject({ count: 3, sum: 6, min: 1, max: 3, buckets: { counts: [1, 1, 1, 0, 0, 0, 0] } })
  expect(delta).toMatchObject({ count: 1, sum: 2, buckets: { counts: [0, 1, 0, 0, 0, 0, 0] } })
})

it("a histogram merged with an empty one has the least and the greatest of what is there", () => {
  const { a, b, collect } = both(catalogue.jobs.attempts)
  a.resolve(labels)
  b.resolve(labels).record(3)
  expect(collect()?.value).toMatchObject({ count: 1, min: 3, max: 3 })
  const other = both(catalogue.jobs.attempts)
  other.a.resolve(labels).record(3)
  other.b.resolve(labels)
  expect(other.collect()?.value).toMatchObject({ count: 1, min: 3, max: 3 })
})

it("a gauge of two registries is what those say that have it, and what goes up and down is added", () => {
  const gauge = both(catalogue.jobs.queueDepth)
  gauge.a.resolve(labels).record(10)
  gauge.b.resolve(labels).record(5)
  expect(gauge.collect()?.value).toBe(10)
  gauge.a.remove(() => true)
  expect(gauge.collect()?.value).toBe(5)
  const inFlight = both(catalogue.jobs.inFlight)
  inFlight.a.resolve(labels).record(10)
  inFlight.b.resolve(labels).record(5)
  expect(inFlight.collect()?.value).toBe(15)
  inFlight.a.remove(() => true)
  expect(inFlight.collect()?.value).toBe(5)
})
