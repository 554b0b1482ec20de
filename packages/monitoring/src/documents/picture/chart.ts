/** Lines and stacked areas over time, with their axes and legend. */
import type { Answers } from "../../answers/answers.ts"
import type { NamedSeries } from "./drawn.ts"
import { type Axis, axis, clock } from "./scale.ts"
import { type Area, colors, decimal, look, shortened, text, textWidth } from "./svg.ts"

export interface ChartOptions {
  readonly unit: string
  readonly isStacked: boolean
  readonly answers: Answers
}

const legendLine = 13
const legendSize = 10
const most = 3

/** The chart; its legend takes up to three lines at the bottom of the area. */
export const chart = (area: Area, series: ReadonlyArray<NamedSeries>, options: ChartOptions): string => {
  const { answers, isStacked, unit } = options
  const names = legend(area, series)
  const sums = stacked(series)
  const highest = (isStacked ? (sums.at(-1) ?? []) : series.flatMap(({ values }) => values)).reduce<number>(
    (high, value) => Math.max(high, value ?? 0),
    0
  )
  const vertical = axis(unit, highest)
  const left = Math.max(...vertical.marks.map(({ label }) => textWidth(label, 10))) + 8
  const plot = { x: area.x + left, y: area.y + 6, w: area.w - left - 8, h: area.h - 26 - names.height }
  const scale: Scale = {
    x: (index) => plot.x + (plot.w * index * answers.step) / answers.seconds,
    y: (value) => plot.y + plot.h * (1 - Math.min(Math.max(value, 0), vertical.top) / vertical.top)
  }
  return [
    grid(plot, vertical),
    ...(isStacked && highest > 0
      ? sums.map((sum, index) => band(scale, { lower: sums[index - 1], upper: sum, index }))
      : series.map(({ values }, index) => curve(scale, values, index))),
    times(plot, answers),
    names.drawn
  ]
    .filter(Boolean)
    .join("\n")
}

interface Scale {
  readonly x: (index: number) => number
  readonly y: (value: number) => number
}

/** Each series on top of those before it. */
const stacked = (series: ReadonlyArray<NamedSeries>): ReadonlyArray<ReadonlyArray<number>> => {
  let below: ReadonlyArray<number> = []
  return series.map(({ values }) => (below = values.map((value, index) => (below[index] ?? 0) + (value ?? 0))))
}

const grid = (plot: Area, { marks, top }: Axis): string =>
  marks
    .map(({ label, value }) => {
      const y = plot.y + plot.h * (1 - value / top)
      return (
        `<path d="M${decimal(plot.x)} ${decimal(y)}h${decimal(plot.w)}" stroke="${colors.grid}"/>` +
        text({ x: plot.x - 5, y: y + 3.5, size: 10, fill: colors.quiet, anchor: "end" }, label)
      )
    })
    .join("\n")

/** A mark each minute, and a dashed line with its number where something happened. */
export const times = (plot: Area, { events, seconds }: Answers): string => {
  const at = (second: number) => plot.x + (plot.w * second) / seconds
  const minutes = Array.from({ length: Math.floor(seconds / 60) + 1 }, (_, minute) => minute * 60)
  return [
    ...minutes.map((second) =>
      text({ x: at(second), y: plot.y + plot.h + 14, size: 10, fill: colors.quiet, anchor: "middle" }, clock(second))
    ),
    ...events.map(
      (event, index) =>
        `<path d="M${decimal(at(event.at))} ${decimal(plot.y)}v${decimal(plot.h)}" stroke="${colors.event}" ` +
        `stroke-dasharray="2 3"/>` +
        text({ x: at(event.at) + 3, y: plot.y + 6, size: 9, fill: colors.quiet }, String(index + 1))
    )
  ].join("\n")
}

/** A line that has a gap where the series had no value. */
const curve = (scale: Scale, values: ReadonlyArray<number | null>, index: number): string => {
  const { color, dash } = look(index)
  let isOn = false
  const path = values.map((value, at) => {
    const command = value === null ? "" : `${isOn ? "L" : "M"}${decimal(scale.x(at))} ${decimal(scale.y(value))}`
    // A value between two gaps is a point: a line to where it is.
    const isAlone = value !== null && !isOn && (values[at + 1] ?? null) === null
    isOn = value !== null
    return isAlone ? `${command}h0` : command
  })
  return (
    `<path d="${path.join("")}" fill="none" stroke="${color}"${dash} stroke-width="1.5" ` +
    `stroke-linecap="round" stroke-linejoin="round"/>`
  )
}

interface Band {
  readonly upper: ReadonlyArray<number>
  readonly lower: ReadonlyArray<number> | undefined
  readonly index: number
}

/** An area with an edge; none where a series is 0 throughout, whose edge would hide that of the one below. */
const band = (scale: Scale, { index, lower, upper }: Band): string => {
  if (upper.every((value, at) => value === (lower?.[at] ?? 0))) {
    return ""
  }
  const point = (value: number, at: number) => `${decimal(scale.x(at))} ${decimal(scale.y(value))}`
  const above = upper.map(point)
  const below = upper.map((_, at) => point(lower?.[at] ?? 0, at)).reverse()
  const { color, dash } = look(index)
  return (
    `<path d="M${[...above, ...below].join("L")}Z" fill="${color}" fill-opacity="0.4"/>` +
    `<path d="M${above.join("L")}" fill="none" stroke="${color}"${dash} stroke-width="1"/>`
  )
}

/** The names from left to right, in as many lines as they need, up to three. */
const legend = (area: Area, series: ReadonlyArray<NamedSeries>) => {
  const places: Array<{ readonly x: number; readonly line: number; readonly name: string }> = []
  let x = 0
  let line = 0
  for (const { name } of series) {
    const shown = shortened(name, area.w - 24, legendSize)
    const width = 18 + textWidth(shown, legendSize) + 12
    if (x > 0 && x + width > area.w) {
      x = 0
      line += 1
    }
    places.push({ x, line, name: shown })
    x += width
  }
  const lines = Math.min(line + 1, most)
  // Room for "and n more" at the end of the last line.
  const shown = places.filter((place) => place.line < most && (line < most || fits(area, place)))
  const top = area.y + area.h - lines * legendLine + 9
  const last = shown.at(-1)
  const left = series.length - shown.length
  const drawn = shown.map(({ line: at, name, x: start }, index) => {
    const { color, dash } = look(index)
    const y = top + at * legendLine
    return (
      `<path d="M${decimal(area.x + start)} ${decimal(y - 3)}h13" stroke="${color}"${dash} stroke-width="3"/>` +
      text({ x: area.x + start + 17, y, size: legendSize }, name)
    )
  })
  if (left > 0 && last !== undefined) {
    const end = area.x + last.x + 30 + textWidth(last.name, legendSize)
    drawn.push(text({ x: end, y: top + last.line * legendLine, size: legendSize }, `and ${left} more`))
  }
  return { height: lines * legendLine, drawn: drawn.join("\n") }
}

const fits = (area: Area, place: { readonly x: number; readonly line: number; readonly name: string }): boolean =>
  place.line < most - 1 || place.x + 30 + textWidth(place.name, legendSize) + 70 <= area.w
