/** A distribution over time: a row for each bucket, darker where more observations were. */
import type { Answers } from "../../answers/answers.ts"
import { times } from "./chart.ts"
import type { NamedSeries } from "./drawn.ts"
import { withUnit } from "./scale.ts"
import { type Area, colors, decimal, text, textWidth } from "./svg.ts"

const blue = "#0072b2"

interface Bucket {
  readonly le: number
  readonly values: ReadonlyArray<number>
}

/** The heat map of cumulative buckets in seconds; what is above and below all observations is left out. */
export const heatMap = (area: Area, series: ReadonlyArray<NamedSeries>, answers: Answers): string => {
  const rows = buckets(series)
  const used = rows.map(({ values }) => values.some((value) => value > 0))
  const shown = rows.slice(Math.max(0, used.indexOf(true)), used.lastIndexOf(true) + 1)
  const highest = Math.max(...shown.flatMap(({ values }) => values))
  const labels = shown.map(({ le }) => (Number.isFinite(le) ? `≤ ${withUnit("s", le)}` : "more"))
  const left = Math.max(0, ...labels.map((label) => textWidth(label, 10))) + 8
  const plot = { x: area.x + left, y: area.y + 6, w: area.w - left - 8, h: area.h - 26 }
  const height = plot.h / shown.length
  const every = Math.ceil(13 / height)
  const width = (plot.w * answers.step) / answers.seconds
  return [
    ...shown.flatMap(({ values }, row) => {
      const y = plot.y + plot.h - (row + 1) * height
      return values.slice(1).map((value, column) => {
        const strength = 0.12 + 0.88 * Math.sqrt(value / highest)
        return value > 0
          ? `<rect x="${decimal(plot.x + column * width)}" y="${decimal(y)}" width="${decimal(width - 0.5)}" ` +
              `height="${decimal(height - 0.5)}" fill="${blue}" fill-opacity="${strength.toFixed(2)}"/>`
          : ""
      })
    }),
    ...labels.map((label, row) =>
      row % every === 0
        ? text(
            {
              x: plot.x - 5,
              y: plot.y + plot.h - (row + 0.5) * height + 3.5,
              size: 10,
              fill: colors.quiet,
              anchor: "end"
            },
            label
          )
        : ""
    ),
    times(plot, answers)
  ]
    .filter(Boolean)
    .join("\n")
}

/** What each bucket has beyond the one below it. */
const buckets = (series: ReadonlyArray<NamedSeries>): ReadonlyArray<Bucket> => {
  const cumulative = series
    .map(({ labels, values }) => ({ le: limit(labels["le"]), values: values.map((value) => value ?? 0) }))
    .sort((left, right) => left.le - right.le)
  return cumulative.map(({ le, values }, index) => ({
    le,
    values: values.map((value, at) => Math.max(0, value - (cumulative[index - 1]?.values[at] ?? 0)))
  }))
}

const limit = (le = ""): number => (le === "+Inf" ? Infinity : Number(le))
