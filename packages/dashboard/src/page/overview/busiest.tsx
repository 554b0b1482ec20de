/** Where no metric of jobs arrives: the six metrics in which most happens. */
import { useMemo, useRef } from "preact/hooks"
import type { Metric } from "../../protocol/live.ts"
import { hrefOf } from "../address.ts"
import { Chart } from "../charts/chart.tsx"
import { recent } from "../charts/sparkline.tsx"
import { isCumulative, type Model } from "../live/model.ts"
import { slotMs, slots } from "../live/series-columns.ts"
import { range } from "../live/live.ts"
import { useDetail } from "../series/detail.ts"
import { gridOf, linesOf, type Shown, timesOf } from "../series/lines.ts"
import { metricRow, type MetricRow } from "../series/table-rows.ts"
import { addsUp } from "../text/quantity.ts"
import { Text } from "../text/text.tsx"

const most = 6

/** Of a metric with more series the past is not asked for. */
const mostSeries = 200

/** How long the choice of metrics stays, so that charts do not change places. */
const choiceMs = 30_000

/** The metrics with the highest rates, then those that have none yet, then those that never have one. */
const busiest = (model: Model): ReadonlyArray<Metric> =>
  model.metrics
    .map((metric) => metricRow(model, metric, model.seriesOf[metric.id] ?? []))
    .sort((one, other) => busy(other) - busy(one))
    .slice(0, most)
    .map(({ metric }) => metric)

const busy = ({ metric, rate }: MetricRow): number => (isCumulative(metric) ? rate || 0 : -1)

export const Busiest = ({ model }: { readonly model: Model }) => {
  const choice = useRef<{ at: number; of: number; metrics: ReadonlyArray<Metric> }>({ at: 0, of: 0, metrics: [] })
  if (choice.current.of !== model.metrics.length || model.now - choice.current.at > choiceMs) {
    choice.current = { at: model.now, of: model.metrics.length, metrics: busiest(model) }
  }
  return (
    <section aria-labelledby="busiest" class="stack">
      <h2 id="busiest">
        Busiest metrics <small>all metrics are under Series</small>
      </h2>
      <div class="charts">
        {choice.current.metrics.map((metric) => (
          <BusyChart key={metric.id} model={model} metric={metric} />
        ))}
      </div>
    </section>
  )
}

const words: Readonly<Partial<Record<Shown, string>>> = {
  rate: "per second",
  sum: "all series together",
  largest: "the largest"
}

const BusyChart = ({ metric, model }: { readonly model: Model; readonly metric: Metric }) => {
  const ids = model.seriesOf[metric.id] ?? []
  const { detail } = useDetail(metric.name, ids.length <= mostSeries)
  const how: Shown = isCumulative(metric) ? "rate" : addsUp(metric.unit) ? "sum" : "largest"
  const to = model.now
  const from = to - range.value * 60_000
  const past = useMemo(() => {
    const grid = gridOf(from, to)
    const series = detail?.series.map((one) => ({ name: "all", past: one }))
    return series === undefined
      ? undefined
      : { times: timesOf(grid), lines: linesOf(series, { grid, shown: how }).lines }
  }, [detail, how, to - from])
  return (
    <Chart
      title={
        <a href={hrefOf("series", metric.name)}>
          <Text value={metric.name} />
        </a>
      }
      name={metric.name}
      hint={words[how]}
      unit={how === "rate" ? "" : metric.unit}
      {...(past ?? seenSince(model, ids, how))}
      from={from / 1000}
      to={to / 1000}
    />
  )
}

/** Where a past of so many series is too much to ask for: what has come since the page was opened. */
const seenSince = (model: Model, ids: ReadonlyArray<number>, how: Shown) => {
  const to = (Math.floor(model.now / slotMs) * slotMs) / 1000
  const values = Array.from(recent(model, ids, how === "largest" ? how : "sum"), (one) =>
    Number.isNaN(one) ? null : one
  )
  const times = values.map((_, index) => to - ((slots - 1 - index) * slotMs) / 1000)
  return { times, lines: [{ name: "all", values }] }
}
