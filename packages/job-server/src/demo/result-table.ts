/** The result as a table for people. */
import type { ComparedSeries, SumBounds } from "../audit/compare.ts"
import type { JobSummary } from "../audit/job-summary.ts"
import { oneLine } from "../command-line/printable.ts"
import type { OtlpSummary } from "../audit/otlp-summary.ts"
import type { Result } from "./result.ts"

/** The whole result, ready to be printed. */
export const formatResult = ({ agreed, broken, delivery, jobs, metrics, otlp, ...rest }: Result): string => {
  const { tablesDiffer, unchecked } = rest
  if (metrics.length === 0) {
    return `\n${oneLine(`Nothing was compared: ${broken ?? "no job was submitted"}.`)}`
  }
  const counted = metrics.filter(({ expected, received }) => received !== 0 || expected !== 0)
  const zeros = metrics.length - counted.length
  const agreeing = metrics.filter((one) => one.agreed).length
  return [
    "",
    ...align([["METRIC", "LABELS", "RECEIVED", "EXPECTED", ""], ...counted.map(cellsOf)]),
    "",
    `${zeros} more series are zero, as expected. ${unchecked.length} were received and cannot be checked:`,
    ...[...new Set(unchecked.map(({ name }) => name))].map((name) => `  ${name}`),
    "",
    `${jobs.total} jobs: ${formatCounts(jobs.types)}`,
    formatJobs(jobs),
    ...(tablesDiffer === undefined ? [] : [`The tables say something else: ${formatJobs(tablesDiffer)}`]),
    ...(otlp === undefined ? [] : [formatOtlp(otlp)]),
    ...(delivery.lost === undefined ? [] : ["", ...formatUndelivered(delivery, metrics)]),
    ...(broken === undefined ? [] : ["", `The work was not finished: ${broken}.`]),
    "",
    agreed
      ? `Agreed: all ${metrics.length} series match what happened.`
      : `NOT agreed: ${metrics.length - agreeing} of ${metrics.length} series differ from what happened.`
  ]
    .map(oneLine)
    .join("\n")
}

const formatJobs = (jobs: JobSummary): string =>
  `${jobs.completed} completed, ${jobs.failed} failed${inBrackets(jobs.failures)}, ${jobs.cancelled} cancelled` +
  `${jobs.unfinished === 0 ? "" : `, ${jobs.unfinished} unfinished`}; ` +
  `${jobs.retried} retries, ${jobs.replayed} replayed, ${jobs.redelivered} redelivered`

const cellsOf = (one: ComparedSeries): ReadonlyArray<string> => [
  oneLine(one.name),
  oneLine(Object.values(one.labels).join(" ")),
  `${one.received}${one.sum === undefined ? "" : `  ${seconds(one.sum.received)}`}`,
  `${one.expected}${one.sum === undefined ? "" : `  ${formatBounds(one.sum.expected)}`}`,
  one.agreed ? "\u2713" : `\u2717 ${one.problem ?? ""}`
]

const seconds = (value: number) => `${value.toFixed(3)} s`

const formatBounds = ({ atLeast, atMost }: SumBounds) => {
  if (atMost === undefined) {
    return `>= ${seconds(atLeast)}`
  }
  return atLeast.toFixed(3) === atMost.toFixed(3) ? seconds(atMost) : `${atLeast.toFixed(3)}..${seconds(atMost)}`
}

/** What is missing because the receiver was lost; the rows of the table have it series by series. */
const formatUndelivered = (
  delivery: Result["delivery"],
  metrics: ReadonlyArray<ComparedSeries>
): ReadonlyArray<string> => {
  const behind = metrics.filter(({ expected, received }) => received < expected)
  const missing = behind.reduce((sum, { expected, received }) => sum + expected - received, 0)
  return [
    `Not delivered: ${missing} recordings in ${behind.length} series, marked above.`,
    `The reason: ${delivery.lost ?? ""}; it last answered at ${delivery.lastSeen}.`
  ]
}

const formatOtlp = ({ address, dropped, logLines, spans, uncertain }: OtlpSummary) =>
  `For ${address}: ${spans} spans of attempts and ${logLines} log lines of jobs` +
  `${uncertain === 0 ? "" : `, of which up to ${uncertain} each went with the runner that was killed`}. ` +
  `Before the last exports, ${dropped.spans} spans and ${dropped.logRecords} log records were dropped; ` +
  'the lines "The final export" of the log say what became of the rest.'

const formatCounts = (counts: Readonly<Record<string, number>>) =>
  Object.entries(counts)
    .map(([name, count]) => `${count} ${name}`)
    .join(", ")

const inBrackets = (counts: Readonly<Record<string, number>>) =>
  Object.keys(counts).length === 0 ? "" : ` (${formatCounts(counts)})`

/** Pads each column to its widest cell, except the last one. */
const align = (rows: ReadonlyArray<ReadonlyArray<string>>): ReadonlyArray<string> => {
  const columns = rows[0]?.length ?? 0
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0))
  )
  return rows.map((row) =>
    row
      .map((cell, column) => (column === columns - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
      .join("  ")
      .trimEnd()
  )
}
