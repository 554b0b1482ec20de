/** The metrics that have reached their limit of series: what is over it is added up in one series without its labels. */
import { useMemo } from "preact/hooks"
import { hrefOf } from "../address.ts"
import type { Model } from "../live/model.ts"
import { valueOf } from "../series/filter.ts"
import { formatCount } from "../text/quantity.ts"
import { Text } from "../text/text.tsx"

/** As OpenTelemetry names it, and as Prometheus writes that. */
const labels = ["otel.metric.overflow", "otel_metric_overflow"]

/** How many overflow series each metric has; those without one are left out. */
const overflowing = (model: Model): ReadonlyArray<{ readonly metric: number; readonly count: number }> =>
  model.seriesOf.flatMap((ids, metric) => {
    const count = ids.filter((id) =>
      labels.some((label) => valueOf(model.series.labels[id] ?? {}, label) === "true")
    ).length
    return count === 0 ? [] : [{ metric, count }]
  })

export const Overflow = ({ model }: { readonly model: Model }) => {
  const found = useMemo(() => overflowing(model), [model.series.labels, model.series.size])
  return (
    <section class="card" aria-labelledby="overflow">
      <h2 id="overflow">
        Overflow <small>metrics that have reached their limit of series</small>
      </h2>
      {found.length === 0 && <p class="muted">None.</p>}
      <ul class="plain">
        {found.map(({ count, metric }) => (
          <li key={metric}>
            <a href={hrefOf("series", model.metrics[metric]?.name, { q: `${labels[0]}=true` })}>
              <Text value={model.metrics[metric]?.name ?? ""} />
            </a>{" "}
            <span class="muted">
              {formatCount(count, "overflow series", "overflow series")} beside{" "}
              {formatCount((model.seriesOf[metric]?.length ?? 0) - count, "series", "series")}
            </span>
          </li>
        ))}
      </ul>
    </section>
  )
}
