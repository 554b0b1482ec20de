import { describe, expect, it } from "vitest"
import type { State, Tick } from "../../src/protocol/live.ts"
import { Model } from "../../src/page/live/model.ts"
import { noChartPoint, noHealth } from "./nothing-yet.ts"

const start = 1_800_000_000_000

const tick = (seconds: number, more: Partial<Tick> = {}): Tick => ({
  now: start + seconds * 1000,
  processes: [],
  metrics: [],
  series: [],
  values: [],
  charts: noChartPoint(start + seconds * 1000),
  law: null,
  health: noHealth,
  ...more
})

const process = (id: number, seconds: number) => ({
  id,
  service: "jobs",
  instance: `runner-${id}`,
  resource: {},
  firstSeenAt: start,
  lastSeenAt: start + seconds * 1000
})

const metric = (id: number, kind: "counter" | "histogram" | "gauge") => ({
  id,
  name: kind,
  kind,
  unit: "",
  description: ""
})

const state: State = {
  ...tick(0, {
    processes: [process(0, 0)],
    metrics: [metric(0, "counter"), metric(1, "histogram"), metric(2, "gauge")],
    series: [0, 1, 2, 1].map((of, id) => ({ id, metric: of, process: 0, labels: {} })),
    values: [{ time: start, ids: [0, 1, 1, 1], values: [10, 4, 7, 2], sums: [40, 6] }]
  }),
  startedAt: start - 1000,
  history: []
}

const columns = ({ series }: Model, name: "value" | "sum" | "rate") => Array.from(series[name].subarray(0, series.size))

describe("model", () => {
  it("gives each series its value, and distributions their sums", () => {
    const model = Model.of(state)
    expect([columns(model, "value"), columns(model, "sum")]).toEqual([
      [10, 4, 7, 2],
      [Number.NaN, 40, Number.NaN, 6]
    ])
    expect([model.seriesOf, model.received]).toEqual([[[0], [1, 3], [2]], 0])
  })

  it("takes what changed, and a number that is none", () => {
    const model = Model.of(state)
    model.apply(
      tick(2, {
        series: [{ id: 4, metric: 0, process: 0, labels: { a: "b" } }],
        values: [{ time: start + 2000, ids: [0, 2, 1, 1], values: [16, null, 5, 1], sums: [9] }]
      })
    )
    expect([columns(model, "value"), columns(model, "rate"), model.received]).toEqual([
      [16, 4, Number.NaN, 5, 1],
      [3, Number.NaN, Number.NaN, 1.5, Number.NaN],
      4
    ])
    expect(model.seriesOf[0]).toEqual([0, 4])
  })

  it("counts a process as stopped when it is silent for long, by how often it has reported", () => {
    const model = Model.of(state)
    model.apply(tick(140))
    expect(model.hasStopped(0)).toBe(false)
    model.apply(tick(151))
    expect([model.hasStopped(0), model.rate(0)]).toEqual([true, Number.NaN])
    model.apply(tick(160, { processes: [process(0, 160)] }))
    model.apply(tick(161, { processes: [process(0, 161)] }))
    model.apply(tick(171))
    expect(model.hasStopped(0)).toBe(false)
    model.apply(tick(172))
    expect(model.hasStopped(0)).toBe(true)
  })

  it("gives each drawing new objects for all that changes in place", () => {
    const model = Model.of(state)
    const [one, other] = [model.view(), model.view()]
    const parts = ["series", "processes", "metrics", "seriesOf", "points"] as const
    expect([one === other, ...parts.filter((part) => one[part] === other[part])]).toEqual([false])
    expect(one).toEqual(model)
    const before = one.seriesOf[0]
    model.apply(tick(1, { series: [{ id: 4, metric: 0, process: 0, labels: {} }] }))
    expect([before, model.view().seriesOf[0]]).toEqual([[0], [0, 4]])
  })

  it("counts a process as stopped five minutes after the machine slept for an hour", () => {
    const model = new Model()
    for (const second of [0, 1, 3_601]) {
      model.apply(tick(second, { processes: [process(0, second)] }))
    }
    model.apply(tick(3_900))
    expect(model.hasStopped(0)).toBe(false)
    model.apply(tick(3_902))
    expect(model.hasStopped(0)).toBe(true)
  })

  it("stays as it is while a copy goes on", () => {
    const model = Model.of(state)
    const copy = model.copy()
    copy.apply(
      tick(1, {
        processes: [process(1, 1)],
        metrics: [metric(3, "gauge")],
        series: [{ id: 4, metric: 3, process: 1, labels: {} }],
        values: [{ time: start + 1000, ids: [0, 4], values: [11, 5], sums: [] }]
      })
    )
    const sizes = ({ metrics, points, processes, received, series }: Model) => [
      processes.length,
      metrics.length,
      series.size,
      points.length,
      received
    ]
    expect([sizes(model), sizes(copy)]).toEqual([
      [1, 3, 4, 1, 0],
      [2, 4, 5, 2, 2]
    ])
    expect([columns(model, "value"), columns(copy, "value")]).toEqual([
      [10, 4, 7, 2],
      [11, 4, 7, 2, 5]
    ])
  })

  it("can be held while there are more series than a call takes arguments", () => {
    const labels = {}
    const series = Array.from({ length: 300_000 }, (_, id) => ({ id, metric: 0, process: 0, labels }))
    const metric = { id: 0, name: "many", kind: "gauge", unit: "", description: "" } as const
    const model = new Model()
    model.apply(tick(0, { processes: [process(0, 0)], metrics: [metric], series }))
    const copy = model.copy()
    expect([copy.series.size, copy.series.labels.length, copy.seriesOf[0]?.length]).toEqual([300_000, 300_000, 300_000])
  })
})
