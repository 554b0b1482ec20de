/** Charts that the server draws the lines of, as data, and a screen of such charts. */
import { useRef } from "preact/hooks"
import type { ChartName } from "../../protocol/live.ts"
import { columnsOf } from "../live/chart-points.ts"
import { hasBegun, range, shown } from "../live/live.ts"
import type { Model } from "../live/model.ts"
import { Chart } from "./chart.tsx"

export interface LiveChart {
  readonly chart: ChartName
  readonly title: string
  readonly hint: string
  readonly unit: string
  /** The lines in their order, so that each keeps its colour. */
  readonly names: ReadonlyArray<string>
  /** Not every program has it: it is left out for as long as it has no line. */
  readonly isOptional?: true
}

/** The lines of a chart of durations. */
export const quantiles = ["p50", "p95", "p99"]

interface LiveChartsProps {
  readonly charts: ReadonlyArray<LiveChart>
  readonly model: Model
}

export const LiveCharts = ({ charts, model }: LiveChartsProps) => {
  const to = (model.points.at(-1)?.time ?? model.now) / 1000
  const from = to - range.value * 60
  return (
    <div class="charts">
      {charts.map((one) => (
        <ChartOf key={one.chart} chart={one} model={model} from={from} to={to} />
      ))}
    </div>
  )
}

interface ChartOfProps {
  readonly chart: LiveChart
  readonly model: Model
  readonly from: number
  readonly to: number
}

const ChartOf = ({ chart: { chart, hint, names, title, unit }, from, model, to }: ChartOfProps) => {
  // A line keeps its place, and so its colour, for as long as it is there.
  const known = useRef<ReadonlyArray<string>>(names)
  const { lines, times } = columnsOf(model.points, chart, { from: from * 1000, names: known.current })
  const seen = lines.map(({ name }) => name).filter((name) => !known.current.includes(name))
  known.current = [
    ...known.current.filter((name) => names.includes(name) || lines.some((line) => line.name === name)),
    ...seen
  ]
  return <Chart {...{ from, hint, lines, times, title, to, unit }} name={`${title}, ${hint}`} />
}

/** A screen of charts; `layers` are what to put in place where none of them has anything. */
export const chartScreen = (charts: ReadonlyArray<LiveChart>, layers: string) => () => {
  const model = shown.value
  const has = ({ chart }: LiveChart) => model.points.some((point) => Object.keys(point[chart]).length > 0)
  if (!hasBegun.value) {
    return null
  }
  return charts.some(has) ? (
    <LiveCharts charts={charts.filter((one) => one.isOptional !== true || has(one))} model={model} />
  ) : (
    <section class="card">
      <h2>Nothing measured yet</h2>
      <p>
        Add <code>{layers}</code> of @parametric-portal/server to your program.
      </p>
    </section>
  )
}
