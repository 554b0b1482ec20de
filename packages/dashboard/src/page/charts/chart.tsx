/** Lines over time, with a legend that gives their values now, or under the cursor. Cursors of all charts move together. */
import { useSignal } from "@preact/signals"
import type { ComponentChildren } from "preact"
import { useLayoutEffect, useRef } from "preact/hooks"
import uPlot from "uplot"
import { formatQuantity, formatTime } from "../text/quantity.ts"
import { Text } from "../text/text.tsx"
import { cursor, followWidth, timeAxis, valueAxis } from "./plot-options.ts"
import { colour, lineStyle, theme } from "./theme.ts"
import { isolated, longestBetween } from "./gaps.ts"

export interface ChartProps {
  readonly title: ComponentChildren
  /** The title in words, for who does not see the picture. */
  readonly name: string
  readonly hint?: string
  readonly unit: string
  /** Seconds. */
  readonly times: Array<number>
  readonly lines: ReadonlyArray<{ readonly name: string; readonly values: Array<number | null> }>
  /** Seconds. */
  readonly from: number
  readonly to: number
  readonly height?: number
}

type Drawn = Pick<ChartProps, "lines" | "times" | "unit"> & { readonly height: number }

const lineOf = (name: string, index: number, times: () => Array<number>): uPlot.Series => {
  const { dash, variable } = lineStyle(index)
  const stroke = colour(variable)
  return {
    label: name,
    stroke,
    width: 1.5,
    dash: [...dash],
    points: { size: 4, width: 0, fill: stroke, show: true, filter: (u, series) => isolated(u.data[series] ?? []) },
    // Where points come every ten seconds, ten seconds without one are no gap.
    gaps: (...[u, series, , , gaps]) => {
      const longest = longestBetween(times(), u.data[series] ?? [])
      const start = u.scales["x"]?.min ?? 0
      const width = u.valToPos(start + longest, "x", true) - u.valToPos(start, "x", true)
      return gaps.filter(([begin, end]) => end - begin > width)
    }
  }
}

const optionsOf = (
  { height, lines, unit }: Drawn,
  width: number,
  events: { readonly onCursor: (index: number | null) => void; readonly times: () => Array<number> }
): uPlot.Options => ({
  width,
  height,
  legend: { show: false },
  cursor: cursor(),
  padding: [8, 16, 0, 0],
  axes: [timeAxis(), valueAxis(unit)],
  scales: {
    x: { time: true, auto: false },
    y: { range: (_, low, high) => [Math.min(0, (low ?? 0) * 1.1), high > 0 ? high * 1.1 : low < 0 ? 0 : 1] }
  },
  series: [{}, ...lines.map(({ name }, index) => lineOf(name, index, events.times))],
  hooks: {
    setCursor: [
      (u) => events.onCursor(u.cursor.left === undefined || u.cursor.left < 0 ? null : (u.cursor.idx ?? null))
    ]
  }
})

/** Keeps a plot in an element, made again when its lines or the theme change. */
const usePlot = (props: ChartProps, height: number) => {
  const box = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | undefined>(undefined)
  const latest = useRef(props)
  const at = useSignal<number | null>(null)
  latest.current = props
  const shape = JSON.stringify([theme.value, props.unit, height, props.lines.map(({ name }) => name)])
  useLayoutEffect(() => {
    const element = box.current
    if (element === null) {
      return undefined
    }
    const made = new uPlot(
      optionsOf({ ...latest.current, height }, element.clientWidth, {
        onCursor: (index) => (at.value = index),
        times: () => latest.current.times
      }),
      undefined,
      element
    )
    plot.current = made
    const unfollow = followWidth(made, element)
    return () => {
      unfollow()
      made.destroy()
    }
  }, [shape])
  useLayoutEffect(() => {
    const { from, lines, times, to } = props
    const u = plot.current
    u?.batch(() => {
      u.setData([times, ...lines.map(({ values }) => values)], false)
      u.setScale("x", { min: from, max: to })
    })
  }, [shape, props.times, props.lines, props.from, props.to])
  return { box, at }
}

/** The value at an index, or the last that is recent enough to be of now. */
const current = ({ times, to }: ChartProps, values: ReadonlyArray<number | null>): number | null => {
  const last = values.findLastIndex((value) => value !== null)
  return to - (times[last] ?? 0) > longestBetween(times, values) ? null : (values[last] ?? null)
}

export const Chart = (props: ChartProps) => {
  const { height = 150, hint, lines, name, times, title, unit } = props
  const { at, box } = usePlot(props, height)
  const index = at.value
  const values = lines.map((line) => (index === null ? current(props, line.values) : line.values[index]))
  return (
    <section class="card chart">
      <h2>
        {title} <small>{index === null ? hint : formatTime((times[index] ?? 0) * 1000)}</small>
      </h2>
      <div class="plot" ref={box} role="img" aria-label={`${name} over time; the values now are in the list below`} />
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
