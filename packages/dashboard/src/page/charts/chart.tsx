/** Lines over time, with a legend that gives their values now, or under the cursor. */
import { useSignal } from "@preact/signals"
import type { ComponentChildren } from "preact"
import { useMemo, useRef } from "preact/hooks"
import type uPlot from "uplot"
import { formatQuantity, formatTime } from "../text/quantity.ts"
import { Text } from "../text/text.tsx"
import { valueAxis } from "./axes.ts"
import { gapsOf, longestBetween } from "./gaps.ts"
import { Plot } from "./plot.tsx"
import { colour, lineStyle } from "./theme.ts"

type Values = Array<number | null>

export interface ChartProps {
  readonly title: ComponentChildren
  /** The title in words, for who does not see the picture. */
  readonly name: string
  readonly hint?: string | undefined
  readonly unit: string
  /** Seconds. */
  readonly times: Array<number>
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

/** A line, as it is drawn; points that are close enough in time are joined, one by itself is a dot. */
const lineOf = (props: () => ChartProps, index: number): uPlot.Series => {
  const { dash, variable } = lineStyle(index)
  const stroke = colour(variable)
  const found = () => gapsOf(props().times, props().lines[index]?.values ?? [])
  return {
    stroke,
    width: 1.5,
    dash: [...dash],
    points: { size: 4, width: 0, fill: stroke, show: true, filter: () => found().alone },
    gaps: (u) => found().gaps.map(([from, to]) => [u.valToPos(from, "x", true), u.valToPos(to, "x", true)])
  }
}

/** From zero, unless there is something below it, to a little above the largest. */
const range = (_: uPlot, low: number | null, high: number | null): uPlot.Range.MinMax => {
  const [least, most] = [Math.min(0, low ?? 0), high ?? 0]
  return [least * 1.1, most > 0 ? most * 1.1 : least < 0 ? 0 : 1]
}

export const Chart = (props: ChartProps) => {
  const { from, height = 150, hint, lines, name, times, title, to, unit } = props
  const latest = useRef(props)
  latest.current = props
  const at = useSignal<number | undefined>(undefined)
  const index = at.value
  const data = useMemo((): uPlot.AlignedData => [times, ...lines.map(({ values }) => values)], [times, lines])
  const values = lines.map((line) => (index === undefined ? current(props, line.values) : line.values[index]))
  return (
    <section class="card chart">
      <h2>
        {title} <small>{index === undefined ? hint : formatTime((times[index] ?? 0) * 1000)}</small>
      </h2>
      <Plot
        name={`${name} over time; the values now are in the list below`}
        {...{ data, from, to, height }}
        shape={JSON.stringify([unit, lines.map((line) => line.name)])}
        options={() => ({
          lines: lines.map((_, order) => lineOf(() => latest.current, order)),
          axis: valueAxis(unit),
          range,
          hooks: {
            setCursor: [({ cursor }) => (at.value = (cursor.left ?? -1) < 0 ? undefined : (cursor.idx ?? undefined))]
          }
        })}
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
