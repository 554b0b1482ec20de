/** The recording from which the pictures are drawn: that of the panels as they are, and nothing of a machine in it. */
import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { answersFile, formatAnswers, readAnswers } from "../../src/answers/answers.ts"
import { dashboards } from "../../src/dashboards.ts"
import { panelQueries } from "../../src/record/queries.ts"

const recorded = readAnswers()
const text = readFileSync(answersFile, "utf8")
const answered = new Map(recorded.answers.map(({ query, series }) => [query, series]))

describe("the recorded answers", () => {
  it("are those to the queries of all panels", () => {
    expect(panelQueries.length).toBeGreaterThan(80)
    expect([...answered.keys()], "a query changed: npm run record, then npm run generate").toEqual(panelQueries)
  })

  it("have data for each panel, or the panel says why it may be empty", () => {
    const silent = dashboards.flatMap(({ rows, title }) =>
      rows.flatMap(({ panels }) =>
        panels
          .filter(({ empty, queries }) => {
            const series = queries.flatMap(({ query }) => answered.get(String(query)) ?? [])
            return empty === undefined && !series.some(({ values }) => values.some((value) => value !== null))
          })
          .map((panel) => `${title}: ${panel.title}`)
      )
    )
    expect(silent).toEqual([])
  })

  it("have data for each query of the dashboards Server and Node: the shop has every part", () => {
    const asked = dashboards
      .filter(({ uid }) => uid === "server" || uid === "node")
      .flatMap(({ rows }) => rows.flatMap(({ panels }) => panels))
      .flatMap(({ queries, title }) => queries.map(({ legend, query }) => ({ name: `${title}: ${legend}`, query })))
    expect(asked.length).toBeGreaterThan(70)
    const silent = asked.filter(
      ({ query }) => !answered.get(String(query))?.some(({ values }) => values.some((value) => value !== null))
    )
    expect(silent.map(({ name }) => name)).toEqual([])
  })

  it("have a value, or none, for each step of the recording", () => {
    const lengths = new Set(recorded.answers.flatMap(({ series }) => series.map(({ values }) => values.length)))
    expect([...lengths]).toEqual([recorded.seconds / recorded.step + 1])
  })

  it("name processes by their part in the demo, and no machine", () => {
    const instances = recorded.answers.flatMap(({ series }) => series.flatMap(({ labels }) => labels["instance"] ?? []))
    expect([...new Set(instances)].sort()).toEqual(["front", "runner-1", "runner-2", "runner-3", "shop-1"])
    // The front asks its own control API, at the same address everywhere.
    expect(
      text.replaceAll('"127.0.0.1"', "").match(/localhost|\d+\.\d+\.\d+\.\d+|\/(?:tmp|home|root|work|usr)\b/g)
    ).toBe(null)
  })

  it("are as the command writes them, in less than 400 kB", () => {
    expect(text).toBe(formatAnswers(recorded))
    expect(text.length).toBeLessThan(400_000)
  })
})
