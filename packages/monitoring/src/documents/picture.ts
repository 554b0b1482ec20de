/**
 * An SVG of a dashboard: the layout of its Grafana JSON, with the recorded answers to the queries of its panels. The
 * same JSON and answers give the same bytes.
 */
import type { Answers } from "../answers/answers.ts"
import { chart } from "./picture/chart.ts"
import { type DrawnDashboard, type DrawnPanel, type NamedSeries, seriesOf } from "./picture/drawn.ts"
import { heatMap } from "./picture/heat-map.ts"
import { axisUnit, clock, withUnit } from "./picture/scale.ts"
import { type Area, colors, escape, shortened, text, wrapped } from "./picture/svg.ts"

const column = 56
const line = 26
const gap = 4
const top = 116

/** How the answers were recorded. */
const recordedFrom = ({ command, seconds }: Answers): string =>
  `Recorded from ${command}, scraped every second for ${seconds / 60} minutes`

/** What happened meanwhile, by the numbers in the charts. */
const happened = ({ events }: Answers): string =>
  events.map(({ at, event }, index) => `${index + 1}: ${event} at ${clock(at)}`).join(", ")

/** The SVG of a dashboard, from its JSON. */
export const picture = (json: string, answers: Answers): string => {
  const dashboard: DrawnDashboard = JSON.parse(json)
  const bottom = Math.max(...dashboard.panels.map(({ gridPos }) => gridPos.y + gridPos.h))
  const width = 24 * column
  const height = top + bottom * line + gap
  const variables = dashboard.templating.list.map(({ label, name }) => `${label ?? name} ▾`).join("\u00a0\u00a0\u00a0 ")
  const about = [recordedFrom(answers), happened(answers)] as const
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" ` +
      `font-family="Inter, Helvetica, Arial, sans-serif" role="img" aria-labelledby="title desc">`,
    `<title id="title">${escape(dashboard.title)}</title>`,
    `<desc id="desc">${escape(`${dashboard.description} ${about.join(". ")}.`)}</desc>`,
    `<rect width="${width}" height="${height}" fill="#f4f5f5"/>`,
    text({ x: 12, y: 28, size: 19, weight: 600 }, dashboard.title),
    text({ x: 12, y: 49, size: 13, fill: colors.quiet }, dashboard.description),
    text({ x: 12, y: 70, size: 12, fill: "#1f60c4" }, variables),
    ...about.map((words, index) => text({ x: 12, y: 90 + index * 16, size: 12, fill: colors.quiet }, words)),
    ...dashboard.panels.map((panel) => (panel.type === "row" ? rowLine(panel) : box(panel, answers))),
    "</svg>\n"
  ].join("\n")
}

const place = ({ gridPos: { h, w, x, y } }: DrawnPanel): Area => ({
  x: x * column + gap / 2,
  y: top + y * line + gap / 2,
  w: w * column - gap,
  h: h * line - gap
})

const rowLine = (panel: DrawnPanel): string => {
  const { x, y } = place(panel)
  return text({ x: x + 6, y: y + 17, size: 14, weight: 600 }, `▾ ${panel.title}`)
}

const box = (panel: DrawnPanel, answers: Answers): string => {
  const { h, w, x, y } = place(panel)
  const unit = panel.fieldConfig?.defaults?.unit ?? ""
  const beside = panel.type === "timeseries" ? axisUnit(unit) : ""
  const area = { x: x + 8, y: y + 26, w: w - 16, h: h - 32 }
  return [
    `<g><rect x="${x}" y="${y}" width="${w}" height="${h}" rx="3" fill="#fff" stroke="#d9dbdf"/>`,
    text({ x: x + 8, y: y + 18, size: 12.5, weight: 600 }, shortened(panel.title, w - 96, 12.5)),
    text({ x: x + w - 8, y: y + 18, size: 11, fill: colors.quiet, anchor: "end" }, beside),
    inside(panel, area, answers),
    "</g>"
  ].join("\n")
}

const inside = (panel: DrawnPanel, area: Area, answers: Answers): string => {
  const series = seriesOf(panel, answers)
  const { custom, unit = "" } = panel.fieldConfig?.defaults ?? {}
  if (typeof series === "string") {
    return sentence(area, series)
  }
  switch (panel.type) {
    case "stat":
      return numbers(area, series, unit)
    case "heatmap":
      return heatMap(area, series, answers)
    default:
      return chart(area, series, { unit, answers, isStacked: custom?.stacking?.mode === "normal" })
  }
}

/** Words in the middle, where a panel has nothing to draw. */
const sentence = (area: Area, content: string): string => {
  const lines = wrapped(content, area.w - 24, 12)
  const first = area.y + area.h / 2 - ((lines.length - 1) * 16) / 2
  return lines
    .map((words, index) =>
      text({ x: area.x + area.w / 2, y: first + index * 16, size: 12, fill: colors.quiet, anchor: "middle" }, words)
    )
    .join("\n")
}

/** The last value of each series, side by side. */
const numbers = (area: Area, series: ReadonlyArray<NamedSeries>, unit: string): string => {
  const width = area.w / series.length
  return series
    .map(({ name, values }, index) => {
      const x = area.x + (index + 0.5) * width
      const value = values.findLast((one) => one !== null) ?? 0
      return (
        text({ x, y: area.y + area.h / 2 + 4, size: 24, fill: "#0072b2", anchor: "middle" }, withUnit(unit, value)) +
        text(
          { x, y: area.y + area.h - 4, size: 11, fill: colors.quiet, anchor: "middle" },
          shortened(name, width - 8, 11)
        )
      )
    })
    .join("\n")
}
