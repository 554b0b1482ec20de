/** One metric: its lines by a label, the distribution of its values, its series, and what watches it. */
import { useMemo } from "preact/hooks"
import type { Metric as Description, MetricDetail } from "../../protocol/live.ts"
import { hrefOf } from "../address.ts"
import { useKeys } from "../keyboard.ts"
import { hasBegun, range, shown } from "../live/live.ts"
import { isDistribution, type Model } from "../live/model.ts"
import { go, route } from "../route.ts"
import { useDetail } from "../series/detail.ts"
import { Exemplars } from "../series/exemplars.tsx"
import { matches, parseFilter } from "../series/filter.ts"
import { HeatMap } from "../charts/heat-map.tsx"
import { LabelTable } from "../series/label-table.tsx"
import { MetricLines } from "../series/metric-lines.tsx"
import { Runbooks } from "../series/runbooks.tsx"
import { formatCount } from "../text/quantity.ts"
import { Text } from "../text/text.tsx"

export const Metric = () => {
  const { parameters, subject } = route.value
  const model = shown.value
  const metric = model.metrics.find(({ name }) => name === subject)
  const { detail, problem } = useDetail(subject, metric !== undefined)
  const { q, range: minutes, sort } = Object.fromEntries(parameters)
  const back = hrefOf("series", "", { q, sort, range: minutes })
  useKeys([{ key: "Escape", does: "back to all series", run: () => go(back) }])
  return (
    <div class="stack">
      <p class="back">
        <a href={back}>← All series</a>
      </p>
      {metric === undefined ? (
        hasBegun.value && (
          <p>
            There is no metric <Text value={subject} />.
          </p>
        )
      ) : (
        <>
          <Description model={model} metric={metric} />
          {problem !== "" && <p role="alert">Its past can't be had: {problem}</p>}
          {detail !== undefined && <Past model={model} metric={metric} detail={detail} />}
        </>
      )}
    </div>
  )
}

interface OfMetric {
  readonly model: Model
  readonly metric: Description
}

const Description = ({ metric, model }: OfMetric) => (
  <header class="of-metric">
    <h2>
      <Text value={metric.name} class="mono" />
    </h2>
    <p class="muted">
      {metric.kind}
      {metric.unit !== "" && (
        <>
          , <Text value={metric.unit} />
        </>
      )}{" "}
      · {formatCount(model.seriesOf[metric.id]?.length ?? 0, "series", "series")}
    </p>
    {metric.description !== "" && (
      <p>
        <Text value={metric.description} />
      </p>
    )}
    <Runbooks metric={metric} />
  </header>
)

const Past = ({ detail, metric, model }: OfMetric & { readonly detail: MetricDetail }) => {
  const { parameters, screen, subject } = route.value
  const q = parameters.get("q") ?? ""
  const refine = (change: Readonly<Record<string, string | undefined>>) =>
    go(hrefOf(screen, subject, { ...Object.fromEntries(parameters), ...change }), "replace")
  // Words have found the metric; of its series only those with the labels are shown.
  const terms = parseFilter(q).filter(({ label }) => label !== undefined)
  const labelsOf = (id: number) => model.series.labels[id] ?? {}
  const isShown = (id: number): boolean => matches(terms, { text: "", labels: labelsOf(id) })
  const series = useMemo(() => detail.series.filter(({ id }) => isShown(id)), [detail, q])
  const exemplars = useMemo(() => detail.exemplars.filter((one) => isShown(one.series)), [detail, q])
  const to = model.now
  const from = to - range.value * 60_000
  return (
    <>
      {terms.length > 0 && (
        <p>
          Only <Text value={q} class="mono" />: {formatCount(series.length, "series", "series")}{" "}
          <button type="button" onClick={() => refine({ q: undefined })}>
            Show all
          </button>
        </p>
      )}
      <MetricLines {...{ metric, model, series, from, to }} onChange={refine} parameters={parameters} />
      {isDistribution(metric) && detail.heat !== undefined && (
        <HeatMap
          {...{ exemplars, heat: detail.heat, unit: metric.unit }}
          isFiltered={terms.length > 0}
          from={from / 1000}
          to={to / 1000}
        />
      )}
      <section class="card" aria-labelledby="labels">
        <h2 id="labels">Labels</h2>
        <LabelTable
          of={(model.seriesOf[metric.id] ?? []).map(labelsOf)}
          size={model.seriesOf[metric.id]?.length ?? 0}
          onChoose={(by) => refine({ by })}
        />
      </section>
      {exemplars.length > 0 && <Exemplars exemplars={exemplars} unit={metric.unit} />}
    </>
  )
}
