/** The chart of a metric: a line for each value of the label that one chooses. */
import { useMemo } from "preact/hooks"
import type { Metric, MetricDetail } from "../../protocol/live.ts"
import { Chart } from "../charts/chart.tsx"
import { isDistribution, type Model } from "../live/model.ts"
import { addsUp } from "../text/quantity.ts"
import { bestLabel, cardinality } from "./cardinality.ts"
import { valueOf } from "./filter.ts"
import { labelSet } from "./label-set.ts"
import { type Grid, gridOf, linesOf, timesOf, type Shown } from "./lines.ts"

interface MetricLinesProps {
  readonly metric: Metric
  readonly model: Model
  readonly series: MetricDetail["series"]
  readonly from: number
  readonly to: number
  readonly parameters: URLSearchParams
  readonly onChange: (change: Readonly<Record<string, string | undefined>>) => void
}

/** In place of a label. */
const process = "(process)"
const together = "(together)"

const titles: Readonly<Record<Shown, string>> = { rate: "Rate", mean: "Mean", sum: "Sum", largest: "Largest" }

const hints: Readonly<Record<Shown, string>> = {
  rate: "per second, all series of a line together",
  mean: "of the values that came",
  sum: "of all series of a line",
  largest: "of all series of a line"
}

/** What can be shown of a metric; the first is shown unless another is chosen. */
const choices = (metric: Metric): ReadonlyArray<Shown> =>
  metric.kind === "counter"
    ? ["rate"]
    : isDistribution(metric)
      ? ["mean", "rate"]
      : addsUp(metric.unit)
        ? ["sum", "largest"]
        : ["largest", "sum"]

const nameOf = (model: Model, id: number, by: string): string => {
  if (by === together) {
    return "all"
  }
  if (by !== process) {
    return valueOf(model.series.labels[id] ?? {}, by)
  }
  const { instance = "", service = "" } = model.processes[model.series.process[id] ?? -1] ?? {}
  return instance === "" ? service : instance
}

const useLines = ({ from, metric, model, series, to }: MetricLinesProps, by: string, shown: Shown) =>
  useMemo(() => {
    const grid = gridOf(from, to)
    const own = metric.isShared === true && by !== process ? onceOf(model, series, grid) : series
    const named = own.map((past) => ({ name: nameOf(model, past.id, by), past }))
    const { lines, otherCount, others } = linesOf(named, { grid, shown })
    const rest = others === undefined ? [] : [{ ...others, name: `${otherCount} others` }]
    return { times: timesOf(grid), lines: [...lines, ...rest] }
  }, [series, by, shown, to - from])

/** Of each label set one past: the largest of those that processes report of the same thing. */
const onceOf = (model: Model, series: MetricDetail["series"], grid: Grid): MetricDetail["series"] => {
  const sets = Map.groupBy(series, ({ id }) => labelSet(model.series.labels[id] ?? {}))
  const times = timesOf(grid).map((time) => time * 1000)
  return [...sets.values()].map((some) => {
    const past = some.map((one) => ({ name: "", past: one }))
    const [line] = linesOf(past, { grid, shown: "largest" }).lines
    return { id: some[0]?.id ?? -1, times, values: line?.values ?? [] }
  })
}

export const MetricLines = (props: MetricLinesProps) => {
  const { from, metric, model, onChange, parameters, series, to } = props
  const labels = useMemo(() => cardinality(series.map(({ id }) => model.series.labels[id] ?? {})), [series])
  const allowed = choices(metric)
  const shown = allowed.find((one) => one === parameters.get("show")) ?? allowed[0] ?? "rate"
  const by = parameters.get("by") ?? (bestLabel(labels) || (model.processes.length > 1 ? process : together))
  const { lines, times } = useLines(props, by, shown)
  return (
    <div class="stack">
      <div class="toolbar">
        <label>
          A line for each{" "}
          <select value={by} onChange={({ currentTarget }) => onChange({ by: currentTarget.value })}>
            {labels.map(({ label, values }) => (
              <option key={label} value={label}>
                {label.slice(0, 60)} ({values})
              </option>
            ))}
            <option value={process}>process</option>
            <option value={together}>one for all</option>
          </select>
        </label>
        {allowed.length > 1 && (
          <label>
            Show{" "}
            <select value={shown} onChange={({ currentTarget }) => onChange({ show: currentTarget.value })}>
              {allowed.map((one) => (
                <option key={one} value={one}>
                  {titles[one].toLowerCase()}
                </option>
              ))}
            </select>
          </label>
        )}
      </div>
      <Chart
        title={titles[shown]}
        name={`${metric.name}, ${titles[shown]} ${hints[shown]}`}
        hint={hints[shown]}
        unit={shown === "rate" ? "" : metric.unit}
        times={times}
        lines={lines}
        from={from / 1000}
        to={to / 1000}
        height={260}
      />
    </div>
  )
}
