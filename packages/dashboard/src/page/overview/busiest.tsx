/** Where no metric of jobs arrives: the last five minutes of the six metrics in which most happens. */
import { useRef } from "preact/hooks"
import type { Metric } from "../../protocol/live.ts"
import { hrefOf } from "../address.ts"
import { Chart } from "../charts/chart.tsx"
import { recent, slotsShown } from "../charts/sparkline.tsx"
import { isCumulative, type Model } from "../live/model.ts"
import { slotMs, slots } from "../live/series-columns.ts"
import { metricRow, type MetricRow } from "../series/table-rows.ts"
import { addsUp } from "../text/quantity.ts"
import { Text } from "../text/text.tsx"

const most = 6

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
  const to = (Math.floor(model.now / slotMs) * slotMs) / 1000
  const times = Array.from({ length: slots }, (_, index) => to - ((slots - 1 - index) * slotMs) / 1000)
  return (
    <section aria-labelledby="busiest" class="stack">
      <h2 id="busiest">
        Busiest metrics <small>since this page was opened, at most five minutes; all metrics are under Series</small>
      </h2>
      <div class="charts">
        {choice.current.metrics.map((metric) => {
          const how = isCumulative(metric) || addsUp(metric.unit) ? "sum" : "largest"
          const values = recent(model, model.seriesOf[metric.id] ?? [], how)
          return (
            <Chart
              key={metric.id}
              title={
                <a href={hrefOf("series", metric.name)}>
                  <Text value={metric.name} />
                </a>
              }
              name={metric.name}
              hint={isCumulative(metric) ? "per second" : how === "sum" ? "all series together" : "the largest"}
              unit={isCumulative(metric) ? "" : metric.unit}
              times={times}
              lines={[
                {
                  name: how === "sum" ? "all" : "largest",
                  values: Array.from(values, (one) => (Number.isNaN(one) ? null : one))
                }
              ]}
              from={times.at(-slotsShown(model)) ?? to}
              to={to}
            />
          )
        })}
      </div>
    </section>
  )
}
