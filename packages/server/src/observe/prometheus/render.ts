/**
 * Points as text, one metric after the other: OpenMetrics 1.0.0 (https://prometheus.io/docs/specs/om/open_metrics_spec/)
 * or the Prometheus text format 0.0.4. Names are those of the catalogue in both.
 */
import type { Drop } from "../telemetry/drop.ts"
import type { ExportMetric, ExportSeries, Point } from "../telemetry/point.ts"
import type { TextFormat } from "./negotiate.ts"
import { bound, escaped, escapedHelp, labelsOf, metricName } from "./word.ts"

/** Writes the points of one scrape. The points of a metric must come one after the other. */
export interface Renderer {
  readonly point: (point: Point) => string
  /** What stands after the last point. */
  readonly end: string
}

/** A renderer of one scrape; `dropped` is told of metrics that come to a name that was there already. */
export const makeRenderer = (format: TextFormat, dropped: (drop: Drop) => void): Renderer => {
  const seen = new Set<string>()
  let current: { readonly metric: ExportMetric; readonly write: Writer | undefined } | undefined
  return {
    point: (point) => {
      const { metric } = point
      if (current?.metric === metric) {
        return current.write?.(point) ?? ""
      }
      const family = familyName(metric)
      if (seen.has(family)) {
        current = { metric, write: undefined }
        const why = `the name ${family}, which it has here, is taken by another metric`
        dropped({ metric: metric.name, reason: "conflict", points: 1, why })
        return ""
      }
      seen.add(family)
      const write = writers[metric.kind](family, format)
      current = { metric, write }
      return header(family, metric, format) + write(point)
    },
    end: format === "openmetrics" ? "# EOF\n" : ""
  }
}

type Writer = (point: Point) => string

/** A counter's family leaves out `_total`, which all of its samples have. */
const familyName = ({ kind, name }: ExportMetric): string =>
  kind === "counter" ? metricName(name).replace(/_total$/, "") : metricName(name)

const types = {
  counter: "counter",
  upDownCounter: "gauge",
  gauge: "gauge",
  histogram: "histogram",
  summary: "summary"
} as const satisfies Record<ExportMetric["kind"], string>

const header = (family: string, { help, kind, unit }: ExportMetric, format: TextFormat): string => {
  const text = help === "" ? `A ${types[kind]} that says nothing of itself.` : help
  const isNamed = unit === "s" ? family.endsWith("_seconds") : unit === "By" && family.endsWith("_bytes")
  if (format === "text") {
    const name = kind === "counter" ? `${family}_total` : family
    return `# HELP ${name} ${escapedHelp(text)}\n# TYPE ${name} ${types[kind]}\n`
  }
  const unitLine = isNamed ? `# UNIT ${family} ${unit === "s" ? "seconds" : "bytes"}\n` : ""
  return `# TYPE ${family} ${types[kind]}\n${unitLine}# HELP ${family} ${escaped(text)}\n`
}

const number =
  (suffix: string, hasCreated: boolean) =>
  (family: string, format: TextFormat): Writer =>
  (point) => {
    const { labels } = textOf(point.series)
    const created = hasCreated && format === "openmetrics" ? createdOf(family, point.series) : ""
    return point.type === "number" ? `${family}${suffix}${braced(labels)} ${point.value}\n${created}` : ""
  }

const histogram =
  (family: string, format: TextFormat): Writer =>
  ({ series, type, value }) => {
    if (type !== "distribution") {
      return ""
    }
    const { labels, separated } = textOf(series)
    let text = ""
    let below = 0
    for (const [index, count] of value.buckets.counts.entries()) {
      below += count
      const upper = value.buckets.boundaries[index]
      text += `${family}_bucket{${separated}le="${upper === undefined ? "+Inf" : bound(upper)}"} ${below}\n`
    }
    text += `${family}_sum${braced(labels)} ${value.sum}\n${family}_count${braced(labels)} ${value.count}\n`
    return format === "openmetrics" ? text + createdOf(family, series) : text
  }

const summary =
  (family: string, format: TextFormat): Writer =>
  ({ series, type, value }) => {
    if (type !== "summary") {
      return ""
    }
    const { labels, separated } = textOf(series)
    let text = ""
    for (const [quantile, at] of value.quantiles) {
      text += `${family}{${separated}quantile="${bound(quantile)}"} ${at}\n`
    }
    text += `${family}_sum${braced(labels)} ${value.sum}\n${family}_count${braced(labels)} ${value.count}\n`
    return format === "openmetrics" ? text + createdOf(family, series) : text
  }

const writers: Record<ExportMetric["kind"], (family: string, format: TextFormat) => Writer> = {
  counter: number("_total", true),
  upDownCounter: number("", false),
  gauge: number("", false),
  histogram,
  summary
}

const braced = (labels: string): string => (labels === "" ? "" : `{${labels}}`)

const createdOf = (family: string, series: ExportSeries): string => {
  const { created, labels } = textOf(series)
  return `${family}_created${braced(labels)} ${created}\n`
}

interface SeriesText {
  readonly labels: string
  /** The same, with a comma where another label can follow. */
  readonly separated: string
  readonly created: string
}

/** Labels never change: their text is made once for each series. */
const textOf = (series: ExportSeries): SeriesText => {
  const known = texts.get(series)
  if (known !== undefined) {
    return known
  }
  const labels = labelsOf(series.attributes)
  const [seconds, nanos] = series.startTime
  const created = `${seconds}.${String(Math.floor(nanos / 1e6)).padStart(3, "0")}`
  const made = { labels, separated: labels === "" ? "" : `${labels},`, created }
  texts.set(series, made)
  return made
}

const texts = new WeakMap<ExportSeries, SeriesText>()
