/** The result as text for people: first whether the metrics agree with what happened, then each series. */
import { catalogue, type Row } from "@parametric-portal/server/observe/catalogue"
import type { ComparedSeries, SumBounds } from "../audit/compare.ts"
import type { JobSummary } from "../audit/job-summary.ts"
import { oneLine } from "../command-line/printable.ts"
import type { OtlpSummary } from "../audit/otlp-summary.ts"
import { shortened, wrapped } from "./fit.ts"
import type { Result } from "./result.ts"

/** The whole result, ready to be printed, in lines of at most `width` characters where a terminal has 50. */
export const formatResult = (result: Result, width = Number.POSITIVE_INFINITY): string => {
  const { broken, metrics } = result
  if (metrics.length === 0) {
    return `\n${oneLine(`Nothing was compared: ${broken ?? "no job was submitted"}.`)}`
  }
  const text = (lines: ReadonlyArray<string>) => lines.flatMap((line) => wrapped(oneLine(line), width))
  return ["", ...text(summaryOf(result)), "", ...tableOf(metrics, width), "", ...text(restOf(result))].join("\n")
}

const summaryOf = ({ agreed, broken, delivery, jobs, metrics, otlp, tablesDiffer }: Result): ReadonlyArray<string> => {
  const differing = metrics.filter((one) => !one.agreed).length
  return [
    agreed
      ? `Agreed: all ${metrics.length} series match what happened.`
      : `NOT agreed: ${differing} of ${metrics.length} series differ from what happened${differing === 0 ? "" : ", shown first"}.`,
    ...(broken === undefined ? [] : [`The work was not finished: ${broken}.`]),
    ...(delivery.lost === undefined ? [] : formatUndelivered(delivery, metrics)),
    "",
    `${jobs.total} jobs: ${formatCounts(jobs.types)}`,
    formatJobs(jobs),
    ...(tablesDiffer === undefined ? [] : [`The tables say something else: ${formatJobs(tablesDiffer)}`]),
    ...(otlp === undefined ? [] : [formatOtlp(otlp)])
  ]
}

const formatJobs = (jobs: JobSummary): string =>
  `${jobs.completed} completed, ${jobs.failed} failed${inBrackets(jobs.failures)}, ${jobs.cancelled} cancelled` +
  `${jobs.unfinished === 0 ? "" : `, ${jobs.unfinished} unfinished`}; ` +
  `${jobs.retried} retries, ${jobs.replayed} replayed, ${jobs.redelivered} redelivered`

/** What is missing because the receiver was lost; the rows of the table have it series by series. */
const formatUndelivered = (
  delivery: Result["delivery"],
  metrics: ReadonlyArray<ComparedSeries>
): ReadonlyArray<string> => {
  const behind = metrics.filter(({ expected, received }) => received < expected)
  const missing = behind.reduce((sum, { expected, received }) => sum + expected - received, 0)
  return [
    `Not delivered: ${missing} recordings in ${behind.length} series.`,
    `The reason: ${delivery.lost ?? ""}; it last answered at ${delivery.lastSeen}.`
  ]
}

const formatOtlp = ({ address, dropped, logLines, spans, uncertain }: OtlpSummary) =>
  `For ${address}: ${spans} spans of attempts and ${logLines} log lines of jobs` +
  `${uncertain === 0 ? "" : `, of which up to ${uncertain} each went with the runner that was killed`}. ` +
  `Before the last exports, ${dropped.spans} spans and ${dropped.logRecords} log records were dropped; ` +
  'the lines "The final export" of the log say what became of the rest.'

const restOf = ({ metrics, unchecked }: Result): ReadonlyArray<string> => {
  const zeros = metrics.filter(isZero).length
  const names = [...new Set(unchecked.map(({ name }) => name))].join(", ")
  return [
    `${zeros} more series are zero, as expected.` +
      (unchecked.length === 0 ? "" : ` ${unchecked.length} were received that nothing else can check: ${names}.`)
  ]
}

const isZero = ({ expected, received }: ComparedSeries) => received === 0 && expected === 0

/** A metric with its series below it, those that differ first. */
const tableOf = (metrics: ReadonlyArray<ComparedSeries>, width: number): ReadonlyArray<string> => {
  const shown = metrics.filter((one) => !isZero(one) || !one.agreed)
  const cells = shown.map(cellsOf)
  const widthOf = (column: "labels" | "received" | "expected", least: number) =>
    Math.max(least, ...cells.map((cell) => cell[column].length))
  const received = widthOf("received", "RECEIVED".length)
  const expected = widthOf("expected", "EXPECTED".length)
  const labels = Math.max(leastLabels, Math.min(widthOf("labels", "METRIC".length), width - received - expected - 6))
  const line = (mark: string, cell: Cells) =>
    `${mark} ${shortened(cell.labels, labels).padEnd(labels)}  ${cell.received.padEnd(received)}  ${cell.expected}`
  const names = [...new Set(shown.map(({ name }) => name))]
  const differs = (name: string) => shown.some((one) => one.name === name && !one.agreed)
  const groups = [...names.filter(differs), ...names.filter((name) => !differs(name))].map((name) => [
    shortened(oneLine(name), width),
    ...shown.flatMap((one, index) => {
      const cell = cells[index]
      return one.name !== name || cell === undefined
        ? []
        : [
            line(one.agreed ? "\u2713" : "\u2717", cell),
            ...(one.problem === undefined ? [] : wrapped(`    ${oneLine(one.problem)}`, width))
          ]
    })
  ])
  return [line(" ", { labels: "METRIC", received: "RECEIVED", expected: "EXPECTED" }), ...groups.flat()]
}

const leastLabels = 12

interface Cells {
  readonly labels: string
  readonly received: string
  readonly expected: string
}

const cellsOf = ({ expected, labels, name, received, sum }: ComparedSeries): Cells => {
  const unit = units.get(name) ?? ""
  return {
    labels: oneLine(Object.values(labels).join(" ")),
    received: `${received}${sum === undefined ? "" : `  ${amount(sum.received, unit)}`}`,
    expected: `${expected}${sum === undefined ? "" : `  ${formatBounds(sum.expected, unit)}`}`
  }
}

const units: ReadonlyMap<string, string> = new Map(
  Object.values(catalogue).flatMap((rows) => Object.values<Row>(rows).map(({ name, unit }) => [name, unit] as const))
)

const formatBounds = ({ atLeast, atMost }: SumBounds, unit: string) => {
  if (atMost === undefined) {
    return `at least ${amount(atLeast, unit)}`
  }
  const [least, most] = [amount(atLeast, unit), amount(atMost, unit)]
  return least === most ? most : `${least.split(" ")[0]} to ${most}`
}

/** A sum in the unit of its metric: seconds, or a count of what stands in the unit's braces. */
const amount = (value: number, unit: string): string => {
  if (unit === "s") {
    return `${value.toFixed(3)} s`
  }
  const counted = /^\{(.*)\}$/.exec(unit)?.[1]
  return counted === undefined ? `${value} ${unit}`.trimEnd() : `${value} ${counted}${value === 1 ? "" : "s"}`
}

const formatCounts = (counts: Readonly<Record<string, number>>) =>
  Object.entries(counts)
    .map(([name, count]) => `${count} ${name}`)
    .join(", ")

const inBrackets = (counts: Readonly<Record<string, number>>) =>
  Object.keys(counts).length === 0 ? "" : ` (${formatCounts(counts)})`
