/** The rows of the table of series: a row for each metric, and below those that are open one for each of their series. */
import type { Metric } from "../../protocol/live.ts"
import { isDistribution, type Model } from "../live/model.ts"
import { addsUp } from "../text/quantity.ts"
import { matches, type Term } from "./filter.ts"
import { labelSet } from "./label-set.ts"

export const sortings = ["name", "value", "rate", "series"] as const
export type Sorting = (typeof sortings)[number]

/** A metric with those of its series that were asked for. */
export interface MetricRow {
  readonly metric: Metric
  readonly ids: ReadonlyArray<number>
  /** Of a counter the sum; of what can't be added up the largest; of a distribution the mean of what came last. */
  readonly value: number
  /** NaN where there is none. */
  readonly rate: number
}

/** Finds the series that are asked for, and remembers the text of each. */
export class Search {
  private readonly texts: Array<string> = []
  private of: Model["series"]["labels"] | undefined = undefined
  private ids: ReadonlyArray<ReadonlyArray<number>> = []
  private asked = ""

  /** The ids of the series of each metric; the same array as long as nothing has changed. */
  find(model: Model, { terms, text }: { readonly terms: ReadonlyArray<Term>; readonly text: string }) {
    const asked = `${model.series.size} ${model.metrics.length} ${text}`
    const { labels } = model.series
    if (this.of !== labels) {
      this.texts.length = 0
    }
    if (asked !== this.asked || this.of !== labels) {
      this.of = labels
      this.asked = asked
      this.ids =
        terms.length === 0
          ? model.seriesOf
          : model.seriesOf.map((ids) => ids.filter((id) => matches(terms, this.searched(model, id))))
    }
    return this.ids
  }

  private searched(model: Model, id: number) {
    const labels = model.series.labels[id] ?? {}
    const text = (this.texts[id] ??= textOf(model, id).toLowerCase())
    return { labels, text }
  }
}

const textOf = (model: Model, id: number): string => {
  const metric = model.metrics[model.series.metric[id] ?? -1]
  const process = model.processes[model.series.process[id] ?? -1]
  const labels = Object.entries(model.series.labels[id] ?? {}).flat()
  return [metric?.name, metric?.description, process?.service, process?.instance, ...labels].join("\n")
}

export const metricRow = (model: Model, metric: Metric, ids: ReadonlyArray<number>): MetricRow => ({
  metric,
  ids,
  ...(isDistribution(metric) ? meanOf(model, ids) : { value: valueOf(model, metric, ids), rate: rateOf(model, ids) }),
  ...(metric.kind === "counter" || isDistribution(metric) ? {} : { rate: Number.NaN })
})

const rateOf = (model: Model, ids: ReadonlyArray<number>): number => addUp(ids.map((id) => model.rate(id)))

/** Without what is not known; NaN where nothing is. */
const addUp = (values: ReadonlyArray<number>): number => {
  const known = values.filter((value) => !Number.isNaN(value))
  return known.length === 0 ? Number.NaN : known.reduce((sum, value) => sum + value, 0)
}

/** What a distribution's values were on average since the last points, and how many came in a second. */
const meanOf = (model: Model, ids: ReadonlyArray<number>) => {
  const rate = rateOf(model, ids)
  const known = ids.filter((id) => !Number.isNaN(model.series.mean[id]) && !Number.isNaN(model.rate(id)))
  const weight = addUp(known.map((id) => model.rate(id)))
  return { rate, value: addUp(known.map((id) => (model.series.mean[id] ?? 0) * model.rate(id))) / weight }
}

/** A counter keeps what a process has counted that has stopped; its gauges say nothing any more. */
const valueOf = (model: Model, metric: Metric, ids: ReadonlyArray<number>): number => {
  const isGauge = metric.kind !== "counter"
  const largest = new Map<string | number, number>()
  for (const id of ids) {
    const value = model.series.value[id] ?? Number.NaN
    if (!Number.isNaN(value) && !(isGauge && model.hasStopped(model.series.process[id] ?? -1))) {
      const key = metric.isShared === true ? labelSet(model.series.labels[id] ?? {}) : id
      largest.set(key, Math.max(value, largest.get(key) ?? value))
    }
  }
  const values = [...largest.values()]
  return !isGauge || addsUp(metric.unit)
    ? addUp(values)
    : values.reduce((most, value) => Math.max(most, value), values[0] ?? Number.NaN)
}

const downwards = (one: number, other: number): number => {
  const [first, second] = [Number.isNaN(one), Number.isNaN(other)]
  return first || second ? Number(first) - Number(second) : other - one
}

export const sortMetrics = (rows: Array<MetricRow>, by: Sorting): ReadonlyArray<MetricRow> =>
  rows.sort((one, other) => {
    const byNumber =
      by === "name" ? 0 : by === "series" ? other.ids.length - one.ids.length : downwards(one[by], other[by])
    return byNumber || (one.metric.name < other.metric.name ? -1 : one.metric.name > other.metric.name ? 1 : 0)
  })

/** The ids of series in order: as they came, or by number. */
export const sortSeries = (model: Model, ids: ReadonlyArray<number>, by: Sorting): ReadonlyArray<number> => {
  if (by === "name" || by === "series") {
    return ids
  }
  const keys = ids.map((id) => seriesValue(model, id, by))
  return [...ids.keys()]
    .sort((one, other) => downwards(keys[one] ?? 0, keys[other] ?? 0))
    .map((index) => ids[index] ?? 0)
}

/** What a row of a series shows. */
export const seriesValue = (model: Model, id: number, what: "value" | "rate"): number => {
  const isMean = isDistribution(model.metrics[model.series.metric[id] ?? -1])
  return what === "rate" ? model.rate(id) : ((isMean ? model.series.mean[id] : model.series.value[id]) ?? Number.NaN)
}

/** A row of the table: a metric, or one of its series. */
export type TableRow = { readonly row: MetricRow; readonly id: number | undefined }

export const tableRows = (
  rows: ReadonlyArray<MetricRow>,
  isOpen: (metric: Metric) => boolean,
  sorted: (ids: ReadonlyArray<number>) => ReadonlyArray<number>
): ReadonlyArray<TableRow> =>
  rows.flatMap((row) => [
    { row, id: undefined },
    ...(isOpen(row.metric) ? sorted(row.ids).map((id) => ({ row, id })) : [])
  ])
