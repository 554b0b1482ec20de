/**
 * Points as text, one metric after the other: OpenMetrics 1.0.0 (https://prometheus.io/docs/specs/om/open_metrics_spec/)
 * or the Prometheus text format 0.0.4. Names are those of the catalogue in both.
 */
import type { Drop } from "../../collect/points/drop.ts"
import type { ExportMetric, ExportSeries, Point } from "../../collect/points/point.ts"
import { familyName, namesOf, reserved } from "./family-name.ts"
import type { TextFormat } from "./negotiate.ts"
import { bound, escaped, escapedHelp, labelsOf } from "./syntax.ts"

/** Writes the points of one scrape. The points of a metric must come one after the other. */
export interface Renderer {
  readonly point: (point: Point) => string
  /** What stands after the last point. */
  readonly end: string
}

/**
 * A renderer of one scrape. What comes to a name, or in a metric to labels, that were there already is left out, and
 * `dropped` is told of each of its points.
 */
export const makeRenderer = (format: TextFormat, dropped: (drop: Drop) => void): Renderer => {
  const taken = new Set<string>()
  let current: Family | undefined
  const familyOf = (metric: ExportMetric): Family => {
    const family = familyName(metric)
    const clash = namesOf(metric.kind, family, format).find((name) => taken.has(name))
    if (clash === undefined) {
      namesOf(metric.kind, family, format).forEach((name) => taken.add(name))
    }
    return { metric, clash, header: header(family, metric, format), write: writers[metric.kind](family, format) }
  }
  const leftOut = ({ name }: ExportMetric, why: string): string => {
    dropped({ metric: name, reason: "conflict", points: 1, why })
    return ""
  }
  const labels = new Set<string>()
  return {
    point: (point) => {
      const { metric, series } = point
      const isFirst = current?.metric !== metric
      if (current === undefined || isFirst) {
        current = familyOf(metric)
        labels.clear()
      }
      if (current.clash !== undefined) {
        return leftOut(metric, `the name ${current.clash}, which it has here, is taken by another metric`)
      }
      const text = textOf(series, reserved[metric.kind])
      if (labels.size === labels.add(text.labels).size) {
        return leftOut(metric, `another of its series has the labels ${text.labels}, which these come to here`)
      }
      return (isFirst ? current.header : "") + current.write(point, text)
    },
    end: format === "openmetrics" ? "# EOF\n" : ""
  }
}

interface Family {
  readonly metric: ExportMetric
  /** A name of its samples that another metric has already. */
  readonly clash: string | undefined
  readonly header: string
  readonly write: Writer
}

type Writer = (point: Point, text: SeriesText) => string

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
  (point, text) => {
    const created = hasCreated && format === "openmetrics" ? createdOf(family, text) : ""
    return point.type === "number" ? `${family}${suffix}${braced(text.labels)} ${point.value}\n${created}` : ""
  }

const histogram =
  (family: string, format: TextFormat): Writer =>
  ({ type, value }, seriesText) => {
    if (type !== "distribution") {
      return ""
    }
    const { labels, separated } = seriesText
    let text = ""
    let below = 0
    for (const [index, count] of value.buckets.counts.entries()) {
      below += count
      const upper = value.buckets.boundaries[index]
      text += `${family}_bucket{${separated}le="${upper === undefined ? "+Inf" : bound(upper)}"} ${below}\n`
    }
    text += `${family}_sum${braced(labels)} ${value.sum}\n${family}_count${braced(labels)} ${value.count}\n`
    return format === "openmetrics" ? text + createdOf(family, seriesText) : text
  }

const summary =
  (family: string, format: TextFormat): Writer =>
  ({ type, value }, seriesText) => {
    if (type !== "summary") {
      return ""
    }
    const { labels, separated } = seriesText
    let text = ""
    for (const [quantile, at] of value.quantiles) {
      text += `${family}{${separated}quantile="${bound(quantile)}"} ${at}\n`
    }
    text += `${family}_sum${braced(labels)} ${value.sum}\n${family}_count${braced(labels)} ${value.count}\n`
    return format === "openmetrics" ? text + createdOf(family, seriesText) : text
  }

const writers: Record<ExportMetric["kind"], (family: string, format: TextFormat) => Writer> = {
  counter: number("_total", true),
  upDownCounter: number("", false),
  gauge: number("", false),
  histogram,
  summary
}

const braced = (labels: string): string => (labels === "" ? "" : `{${labels}}`)

const createdOf = (family: string, { created, labels }: SeriesText): string =>
  `${family}_created${braced(labels)} ${created}\n`

interface SeriesText {
  readonly labels: string
  /** The same, with a comma where another label can follow. */
  readonly separated: string
  readonly created: string
}

/** Labels never change, nor does the metric of a series: their text is made once for each series. */
const textOf = (series: ExportSeries, taken: string | undefined): SeriesText => {
  const known = texts.get(series)
  if (known !== undefined) {
    return known
  }
  const labels = labelsOf(series.attributes, taken)
  const [seconds, nanos] = series.startTime
  const created = `${seconds}.${String(Math.floor(nanos / 1e6)).padStart(3, "0")}`
  const made = { labels, separated: labels === "" ? "" : `${labels},`, created }
  texts.set(series, made)
  return made
}

const texts = new WeakMap<ExportSeries, SeriesText>()
