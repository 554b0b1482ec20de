import { describe, expect, it } from "vitest"
import { Model } from "../../src/page/live/model.ts"
import { metricRow } from "../../src/page/series/table-rows.ts"
import type { Metric, State } from "../../src/protocol/live.ts"
import { noChartPoint, noHealth } from "./nothing-yet.ts"

const start = 1_800_000_000_000

const process = (id: number, lastSeenAt: number) => ({
  id,
  service: "jobs",
  instance: `runner-${id}`,
  resource: {},
  firstSeenAt: start,
  lastSeenAt
})

/** Two runners report, and a third one did an hour ago; each has a series for both states. */
const rowOf = (metric: Omit<Metric, "id" | "name" | "description">) => {
  const state: State = {
    now: start + 3_600_000,
    startedAt: start,
    history: [],
    processes: [process(0, start + 3_600_000), process(1, start + 3_600_000), process(2, start)],
    metrics: [{ id: 0, name: "m", description: "", ...metric }],
    series: [0, 1, 2].flatMap((owner) =>
      ["ready", "running"].map((name, index) => ({
        id: owner * 2 + index,
        metric: 0,
        process: owner,
        labels: { state: name }
      }))
    ),
    values: [{ time: start, ids: [0, 1, 1, 1, 1, 1], values: [5, 2, 4, 3, 100, 100], sums: [] }],
    charts: noChartPoint(start),
    law: null,
    health: noHealth
  }
  const model = Model.of(state)
  return metricRow(model, state.metrics[0] ?? { id: 0, name: "", description: "", ...metric }, [0, 1, 2, 3, 4, 5]).value
}

describe("the row of a metric", () => {
  it("adds up what processes count, of those that have stopped as well", () => {
    expect(rowOf({ kind: "counter", unit: "{job}" })).toBe(214)
  })

  it("adds up the gauges of processes that report", () => {
    expect(rowOf({ kind: "gauge", unit: "{job}" })).toBe(14)
  })

  it("takes once what processes report of the same thing", () => {
    expect(rowOf({ kind: "gauge", unit: "{job}", isShared: true })).toBe(8)
  })

  it("has the largest of what can't be added up", () => {
    expect(rowOf({ kind: "gauge", unit: "s" })).toBe(5)
  })
})
