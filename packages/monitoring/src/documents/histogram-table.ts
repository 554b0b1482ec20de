/**
 * Which alerts, recording rules and panels read `_bucket`, `_count` and `_sum` of each histogram, which one that is exponential
 * does not have in a store that it reaches by OTLP.
 */
import type { Row } from "@parametric-portal/server/observe/catalogue"
import type { Monitoring } from "../monitoring.ts"
import { alwaysExplicit, isNative } from "../native-histograms.ts"
import { metricsIn } from "../promql/parse.ts"
import { table } from "./markdown.ts"

/** The series of histograms that are read, each with those of its three that are. */
interface Read {
  readonly row: Row
  /** `_bucket`, `_count` or `_sum`. */
  readonly parts: ReadonlyArray<string>
}

type Reads = Pick<Monitoring, "rows" | "seriesBehind">

const partNames = ["_bucket", "_count", "_sum"]

/** What an expression reads of each histogram, directly or through recording rules. */
export const histogramsOf = (
  { rows, seriesBehind }: Reads,
  expressions: ReadonlyArray<string>
): ReadonlyArray<Read> => {
  const series = new Set(expressions.flatMap((one) => [...seriesBehind(one)]))
  return rows.flatMap(({ row }) => {
    const parts = row.kind === "histogram" ? partNames.filter((part) => series.has(`${row.name}${part}`)) : []
    return parts.length === 0 ? [] : [{ row, parts }]
  })
}

/** The table; `runbooks` is where the pages of alerts are, from the page of the table. */
export const histogramTable = (monitoring: Monitoring, runbooks: string): string => {
  const { alerts, dashboards, recordings, rows } = monitoring
  const readers = {
    alerts: alerts.map(({ expression, name }) => reader(monitoring, `[${name}](${runbooks}${name}.md)`, [expression])),
    // Those that read others are read with them.
    recordings: recordings.map(({ expression, name }) =>
      reader({ rows, seriesBehind: (one) => new Set(metricsIn(one)) }, windowless(name, recordings), [expression])
    ),
    panels: dashboards.flatMap((dashboard) =>
      dashboard.rows.flatMap(({ panels }) =>
        panels.map(({ queries, title }) =>
          reader(
            monitoring,
            `${dashboard.title} / ${title}`,
            queries.map(({ query }) => query)
          )
        )
      )
    )
  }
  return table(
    ["histogram", "alerts", "recording rules", "panels"],
    rows.flatMap(({ row }) =>
      row.kind === "histogram" && row.name !== alwaysExplicit
        ? [[`\`${row.name}\``, of(row, readers.alerts), of(row, readers.recordings), of(row, readers.panels)]]
        : []
    )
  )
}

/** The name of a rule; of several that differ in their windows, `*` in its place. */
const windowless = (name: string, recordings: Monitoring["recordings"]): string => {
  const begin = name.replace(/\d+[smhd]$/, "")
  const isOne = recordings.filter((one) => one.name.replace(/\d+[smhd]$/, "") === begin).length === 1
  return `\`${isOne ? name : `${begin}*`}\``
}

interface Reader {
  readonly what: string
  readonly reads: ReadonlyArray<Read>
}

const reader = (monitoring: Reads, what: string, expressions: ReadonlyArray<unknown>): Reader => ({
  what,
  reads: histogramsOf(monitoring, expressions.map(String))
})

/** Those that read a histogram: `JobErrorRateHigh (_count)`. Rules of one name are said once. */
const of = ({ name }: Row, readers: ReadonlyArray<Reader>): string => {
  const parts = new Map<string, Set<string>>()
  for (const { reads, what } of readers) {
    reads
      .filter(({ row }) => row.name === name)
      .forEach((read) => parts.set(what, new Set([...(parts.get(what) ?? []), ...read.parts])))
  }
  return [...parts]
    .map(
      ([what, all]) =>
        `${what} (${partNames
          .filter((part) => all.has(part))
          .map((part) => `\`${part}\``)
          .join(", ")})`
    )
    .join(", ")
}

/** What an alert needs of histograms, in a line for its runbook; nothing where it reads none. */
export const histogramNeeds = (
  { rows, seriesBehind, settings }: Pick<Monitoring, "rows" | "seriesBehind" | "settings">,
  expressions: ReadonlyArray<string>
): ReadonlyArray<string> => {
  const reads = histogramsOf({ rows, seriesBehind }, expressions)
  const native = reads.filter(({ row }) => isNative(row, settings)).map(({ row }) => `\`${row.name}\``)
  const classic = reads
    .filter(({ row }) => !isNative(row, settings))
    .flatMap(({ parts, row }) => parts.map((part) => `\`${row.name}${part}\``))
  return [
    ...(classic.length === 0
      ? []
      : [
          `It needs the series ${classic.join(", ")}. A histogram that is exponential has none over OTLP: name it in ` +
            `\`nativeHistograms\` of \`${settings.source}\`.`
        ]),
    ...(native.length === 0
      ? []
      : [
          `It needs ${native.join(", ")} as native histograms, as \`nativeHistograms\` of \`${settings.source}\` says: no ` +
            "highest boundary limits a percentile, and the scrape of a page brings none."
        ])
  ]
}
