/** Lines over time, with a legend that gives their values now, or under the cursor. */
import type { ComponentChildren } from "preact"
import { formatQuantity, formatTime } from "../text/quantity.ts"
import { Text } from "../text/text.tsx"
import { drawLine, type Values } from "./draw.ts"
import { longestBetween, nearest } from "./gaps.ts"
import { cursorAt, Plot } from "./plot.tsx"
import { lineStyle } from "./theme.ts"
import { valueTicks } from "./ticks.ts"

export interface ChartProps {
  readonly title: ComponentChildren
  /** The title in words, for who does not see the picture. */
  readonly name: string
  readonly hint?: string | undefined
  readonly unit: string
  /** Seconds. */
  readonly times: ReadonlyArray<number>
  readonly lines: ReadonlyArray<{ readonly name: string; readonly values: Values }>
  /** Seconds. */
  readonly from: number
  readonly to: number
  readonly height?: number
}

/** The value at an index, or the last that is recent enough to be of now. */
const current = ({ times, to }: ChartProps, values: Values): number | null => {
  const last = values.findLastIndex((value) => value !== null)
  return to - (times[last] ?? 0) > longestBetween(times, values) ? null : (values[last] ?? null)
}

/** From zero, unless there is something below it, to a little above the largest. */
const rangeOf = (lines: ChartProps["lines"]): { readonly low: number; readonly high: number } => {
  let low = 0
  let high = 0
  for (const { values } of lines) {
    for (const value of values) {
      low = Math.min(low, value ?? 0)
      high = Math.max(high, value ?? 0)
    }
  }
  return { low: low * 1.1, high: high > 0 ? high * 1.1 : low < 0 ? 0 : 1 }
}

export const Chart = (props: ChartProps) => {
  const { from, height = 150, hint, lines, name, times, title, to, unit } = props
  const { high, low } = rangeOf(lines)
  const at = cursorAt.value
  const index = at === undefined || at < from || at > to ? undefined : nearest(times, at)
  const values = lines.map((line) => (index === undefined ? current(props, line.values) : line.values[index]))
  return (
    <section class="card chart">
      <h2>
        {title} <small>{index === undefined ? hint : formatTime((times[index] ?? 0) * 1000)}</small>
      </h2>
      <Plot
        name={`${name} over time; the values now are in the list below`}
        {...{ from, to, low, high, height }}
        ticks={valueTicks(low, high, { most: (height - 28) / 24, unit })}
        of={lines}
        paint={(frame) => {
          for (const [order, line] of lines.entries()) {
            drawLine(frame, times, { index: order, values: line.values })
          }
        }}
      />
      <ul class="legend">
        {lines.map((line, order) => (
          <li key={line.name}>
            <Swatch index={order} />
            <Text value={line.name} /> <b>{formatQuantity(values[order], unit)}</b>
          </li>
        ))}
        {lines.length === 0 && <li class="muted">nothing in this time</li>}
      </ul>
    </section>
  )
}

const Swatch = ({ index }: { readonly index: number }) => {
  const { dash, variable } = lineStyle(index)
  return (
    <svg width="16" height="8" aria-hidden="true">
      <path d="M0 4H16" style={{ stroke: `var(${variable})` }} stroke-dasharray={dash.join(" ")} />
    </svg>
  )
}
