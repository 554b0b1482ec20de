import { describe, expect, it } from "vitest"
import type { Answers } from "../../src/answers/answers.ts"
import { picture } from "../../src/documents/picture.ts"

const gridPos = { x: 0, y: 0, w: 8, h: 8 }

const dashboard = (panel: object): string =>
  JSON.stringify({ title: "Jobs", description: "All of them.", templating: { list: [] }, panels: [panel] })

const panel = (type: string, more: object = {}): string =>
  dashboard({
    type,
    title: "Depth",
    description: "Waiting jobs.\n\nEmpty: No job waits.",
    gridPos,
    fieldConfig: { defaults: { unit: "suffix: jobs", ...more } },
    targets: [{ expr: "depth", legendFormat: "{{job}} {{state}}" }]
  })

const answers = (...series: Answers["answers"][number]["series"]): Answers => ({
  command: "npm run demo",
  seconds: 120,
  step: 40,
  events: [{ at: 30, event: "runner-3 was killed" }],
  answers: [{ query: "depth", series }]
})

const ready = (...values: ReadonlyArray<number | null>) => ({ labels: { job: "shop", state: "ready" }, values })
const running = (...values: ReadonlyArray<number | null>) => ({ labels: { job: "shop", state: "running" }, values })

const texts = (svg: string) => [...svg.matchAll(/<text [^>]*>([^<]*)<\/text>/g)].map(([, words]) => words)

/** The paths of series, of as many pixels as they have. */
const lines = (svg: string) =>
  [...svg.matchAll(/<path d="([^"]+)" fill="none"/g)].map(([, path = ""]) => path.replaceAll(/[\d. ]+/g, ""))

const head = [
  "Jobs",
  "All of them.",
  "",
  "Recorded from npm run demo, scraped every second for 2 minutes",
  "1: runner-3 was killed at 0:30"
]

describe("the picture of a panel", () => {
  it("has axes with marks, what happened, and the series by the names of the legend", () => {
    const svg = picture(panel("timeseries"), answers(ready(1, 2, 3, 4), running(2, 2, 2, 2)))
    const marks = ["0", "1", "2", "3", "4", "0:00", "1:00", "2:00", "1"]
    expect(texts(svg)).toEqual([...head, "Depth", "jobs", ...marks, "shop ready", "shop running"])
    expect(lines(svg)).toEqual(["MLLL", "MLLL"])
  })

  it("has a gap where a series had no value, and a point between two gaps", () => {
    expect(lines(picture(panel("timeseries"), answers(ready(1, 1, null, 4))))).toEqual(["MLMh"])
  })

  it("stacks series up to their sum", () => {
    const stacking = { custom: { stacking: { mode: "normal" } } }
    const svg = picture(panel("timeseries", stacking), answers(ready(3, 3, 3, 3), running(5, 5, 5, 5)))
    expect(texts(svg).slice(7, 12)).toEqual(["0", "2", "4", "6", "8"])
  })

  it("shows a stack of nothing as a line at 0, and series that are 0 throughout after the others", () => {
    const stacking = { custom: { stacking: { mode: "normal" } } }
    expect(lines(picture(panel("timeseries", stacking), answers(ready(0, 0, 0, 0))))).toEqual(["MLLL"])
    const svg = picture(panel("timeseries", stacking), answers(ready(0, 0, 0, 0), running(5, 5, 5, 5)))
    expect(texts(svg).slice(-2)).toEqual(["shop running", "shop ready"])
    expect(lines(svg)).toEqual(["MLLL"])
  })

  it("has the last value of a number", () => {
    expect(texts(picture(panel("stat"), answers(ready(1, 7, null, null)))).slice(5)).toEqual([
      "Depth",
      "",
      "7 jobs",
      "shop ready"
    ])
  })

  it("says why it is empty, and what was not recorded", () => {
    expect(texts(picture(panel("timeseries"), answers())).slice(7)).toEqual(["No data. No job waits."])
    expect(texts(picture(panel("timeseries"), { ...answers(), answers: [] })).slice(7)).toEqual([
      "Not recorded yet: npm run record."
    ])
  })

  it("has buckets of a heat map without those that stayed empty", () => {
    const bucket = (le: string, ...values: ReadonlyArray<number>) => ({ labels: { le }, values })
    const svg = picture(
      panel("heatmap"),
      answers(bucket("0.1", 0, 0, 0, 0), bucket("0.5", 0, 2, 2, 0), bucket("2", 0, 3, 2, 0), bucket("+Inf", 0, 3, 2, 0))
    )
    expect(texts(svg).slice(7)).toEqual(["≤ 500 ms", "≤ 2 s", "0:00", "1:00", "2:00", "1"])
    expect([...svg.matchAll(/fill-opacity="([^"]+)"/g)].map(([, opacity]) => opacity)).toEqual(["1.00", "1.00", "0.74"])
  })

  it("has a title and a description for those who can't see it", () => {
    const svg = picture(panel("stat"), answers(ready(1)))
    expect(/<title id="title">(.*)<\/title>/.exec(svg)?.[1]).toBe("Jobs")
    expect(/<desc id="desc">(.*)<\/desc>/.exec(svg)?.[1]).toBe(`All of them. ${head[3]}. ${head[4]}.`)
  })
})
