/** One metric in detail: the past of its series, its heat map and its exemplars. */
import type { MetricDetail } from "../protocol/live.ts"
import type { Exemplar } from "../receiver/model.ts"
import { attributeTexts } from "./attribute-texts.ts"
import type { Heat } from "./heat.ts"
import type { KnownMetric, KnownSeries } from "./inventory.ts"
import { rounded } from "./rounded.ts"
import type { SeriesHistory } from "./series-history.ts"
import { shownValue } from "./series-value.ts"
import { millisOf } from "./time.ts"
import type { TraceStore } from "./traces/trace-store.ts"

/** More lines than this nobody tells apart; those with the largest values are sent. */
const maxSeries = 200

const maxExemplars = 200

interface Sources {
  readonly history: SeriesHistory
  readonly heat: Heat
  readonly traces: Pick<TraceStore, "has">
}

/** The metrics of one name: more than one where senders differ in the kind. */
export const detailOf = (metrics: ReadonlyArray<KnownMetric>, { heat, history, traces }: Sources): MetricDetail => {
  const series = metrics.flatMap((metric) => metric.series)
  const shown =
    series.length <= maxSeries
      ? series
      : [...series].sort((a, b) => shownValue(b.current) - shownValue(a.current)).slice(0, maxSeries)
  const columns = heat.of(metrics)
  return {
    name: metrics[0]?.name ?? "",
    series: shown.map((one) => ({ id: one.id, ...pastOf(history, one) })),
    ...(columns === undefined ? {} : { heat: columns }),
    exemplars: series
      .flatMap(exemplarsOf)
      .sort((a, b) => b.time - a.time)
      .slice(0, maxExemplars)
      .map((exemplar) =>
        exemplar.traceId !== undefined && traces.has(exemplar.traceId) ? { ...exemplar, isStored: true } : exemplar
      )
  }
}

const pastOf = (history: SeriesHistory, one: KnownSeries) => {
  const { sums, times, values } = history.read(one)
  return {
    times: times.map(Math.round),
    values: values.map(rounded),
    ...(sums === undefined ? {} : { sums: sums.map(rounded) })
  }
}

const exemplarsOf = ({ current, id }: KnownSeries): ReadonlyArray<MetricDetail["exemplars"][number]> =>
  "exemplars" in current ? (current.exemplars ?? []).map((exemplar) => shownExemplar(id, exemplar)) : []

const shownExemplar = (series: number, exemplar: Exemplar): MetricDetail["exemplars"][number] => {
  const { filteredAttributes, spanId, timeUnixNano, traceId, value } = exemplar
  return {
    series,
    time: Math.round(millisOf(timeUnixNano)),
    value,
    ...(traceId === undefined ? {} : { traceId }),
    ...(spanId === undefined ? {} : { spanId }),
    labels: attributeTexts(filteredAttributes)
  }
}
