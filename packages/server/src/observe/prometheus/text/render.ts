/**
 * Points as text, one metric after the other: OpenMetrics 1.0.0 (https://prometheus.io/docs/specs/om/open_metrics_spec/)
 * or the Prometheus text format 0.0.4. Names are those of the catalogue in both.
 */
import type { Drop } from "../../collect/points/drop.ts"
import type { Distribution, ExportMetric, ExportSeries, Point } from "../../collect/points/point.ts"
import { familyName, isName, namesOf, reserved } from "./family-name.ts"
import type { TextFormat } from "./negotiate.ts"
import { bound, escaped, escapedHelp, labelsOf } from "./syntax.ts"

/** Writes the points of one scrape. The points of a metric must come one after the other. */
export interface Renderer {
  readonly point: (point: Point) => string
  /** The names of families and samples that are on the page so far. */
  readonly taken: Set<string>
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
    const problem = problemOf(
      metric,
      family,
      namesOf(metric.kind, family, format).find((name) => taken.has(name))
    )
    if (problem === undefined) {
      namesOf(metric.kind, family, format).forEach((name) => taken.add(name))
    }
    return { metric, problem, header: header(family, metric, format), write: writers[metric.kind](family, format) }
  }
  const leftOut = ({ name }: ExportMetric, problem: Problem): string => {
    dropped({ metric: name, points: 1, ...problem })
    return ""
  }
  const labels = new Set<string>()
  return {
    taken,
    point: (point) => {
      const { metric, series } = point
      const isFirst = current?.metric !== metric
      if (current === undefined || isFirst) {
        current = familyOf(metric)
        labels.clear()
      }
      if (current.problem !== undefined) {
        return leftOut(metric, current.problem)
      }
      const text = textOf(series, reserved[metric.kind])
      if (labels.size === labels.add(text.labels).size) {
        const why = `another of its series has the labels ${text.labels}, which these come to here`
        return leftOut(metric, { reason: "conflict", why })
      }
      if (format === "openmetrics" && point.type === "summary" && point.value.quantiles.some(isNegative)) {
        leftOut(metric, negativeQuantiles)
      }
      return (isFirst ? current.header : "") + current.write(point, text)
    },
    end: format === "openmetrics" ? "# EOF\n" : ""
  }
}

type Problem = Pick<Drop, "part" | "reason" | "why">

interface Family {
  readonly metric: ExportMetric
  /** Why it can't be shown. */
  readonly problem: Problem | undefined
  readonly header: string
  readonly write: Writer
}

const problemOf = (metric: ExportMetric, family: string, clash: string | undefined): Problem | undefined => {
  if (!isName(family, metric)) {
    return { reason: "rejected", why: "nothing is left of its name in Prometheus, which has a-z, A-Z, 0-9, _ and :" }
  }
  return clash === undefined
    ? undefined
    : { reason: "conflict", why: `the name ${clash}, which it has here, is taken by another metric` }
}

type Writer = (point: Point, text: SeriesText) => string

/** What the text formats call each kind. */
export const typeNames = {
  counter: "counter",
  upDownCounter: "gauge",
  gauge: "gauge",
  histogram: "histogram",
  summary: "summary"
} as const satisfies Record<ExportMetric["kind"], string>

const header = (family: string, { help, kind, unit }: ExportMetric, format: TextFormat): string => {
  const text = help.trim() === "" ? `A ${typeNames[kind]} that says nothing of itself.` : help
  const isNamed = unit === "s" ? family.endsWith("_seconds") : unit === "By" && family.endsWith("_bytes")
  if (format === "text") {
    const name = kind === "counter" ? `${family}_total` : family
    return `# HELP ${name} ${escapedHelp(text)}\n# TYPE ${name} ${typeNames[kind]}\n`
  }
  // Without a line, Prometheus 3 gives it the unit of the family before; an empty one has its space all the same.
  const unitText = isNamed ? (unit === "s" ? "seconds" : "bytes") : ""
  return `# TYPE ${family} ${typeNames[kind]}\n# UNIT ${family} ${unitText}\n# HELP ${family} ${escaped(text)}\n`
}

const number =
  (suffix: string, hasCreated: boolean) =>
  (family: string, format: TextFormat): Writer =>
  (point, text) => {
    const created = hasCreated && format === "openmetrics" ? createdOf(family, text) : ""
    return point.type === "number" ? `${family}${suffix}${braced(text.labels)} ${point.value}\n${created}` : ""
  }

/** OpenMetrics has a sum only where no bound is negative, and a count only beside a sum: the last bucket says the same. */
const histogram = (family: string, format: TextFormat): Writer => {
  const isOpen = format === "openmetrics"
  return ({ type, value }, seriesText) => {
    if (type !== "distribution") {
      return ""
    }
    const { labels, separated } = seriesText
    const { boundaries, counts } = value.buckets
    const bounds = boundsOf(boundaries)
    let text = ""
    let below = 0
    for (const [index, count] of counts.entries()) {
      below += count
      const exemplar = isOpen ? exemplarText(value.exemplars?.[index]) : ""
      text += `${family}_bucket{${separated}le="${bounds[index] ?? "+Inf"}"} ${below}${exemplar}\n`
    }
    const sum = isOpen && (boundaries[0] ?? 0) < 0 ? undefined : value.sum
    if (sum !== undefined) {
      text += `${family}_sum${braced(labels)} ${sum}\n`
    }
    if (sum !== undefined || !isOpen) {
      text += `${family}_count${braced(labels)} ${value.count}\n`
    }
    return isOpen ? text + createdOf(family, seriesText) : text
  }
}

/** Behind the count of its bucket; its labels have far fewer than the 128 characters that OpenMetrics allows. */
const exemplarText = (exemplar: NonNullable<Distribution["exemplars"]>[number]): string => {
  if (exemplar === undefined) {
    return ""
  }
  const { span, timeMs, value } = exemplar
  const labels = span === undefined ? "" : `trace_id="${span.traceId}",span_id="${span.spanId}"`
  return ` # {${labels}} ${value} ${(timeMs / 1000).toFixed(3)}`
}

/** Boundaries as text: once for all series that have them. */
const boundsOf = (boundaries: Array<number>): ReadonlyArray<string> => {
  const known = boundTexts.get(boundaries) ?? boundaries.map(bound)
  boundTexts.set(boundaries, known)
  return known
}

const boundTexts = new WeakMap<ReadonlyArray<number>, ReadonlyArray<string>>()

const isNegative = ([, value]: readonly [quantile: number, value: number]): boolean => value < 0

const negativeQuantiles: Problem = {
  reason: "negative",
  part: "negative quantiles",
  why: "OpenMetrics has none; the Prometheus text format has"
}

/** A sum is a counter to both formats: one of negative values could go back, and is left out. */
const summary =
  (family: string, format: TextFormat): Writer =>
  ({ type, value }, seriesText) => {
    if (type !== "summary") {
      return ""
    }
    const { labels, separated } = seriesText
    let text = ""
    for (const [quantile, at] of value.quantiles) {
      if (format === "text" || at >= 0) {
        text += `${family}{${separated}quantile="${bound(quantile)}"} ${at}\n`
      }
    }
    if (value.min >= 0) {
      text += `${family}_sum${braced(labels)} ${value.sum}\n`
    }
    text += `${family}_count${braced(labels)} ${value.count}\n`
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
