/** The result as a table for people. */
import type { Result } from "./result.ts"
import type { Line } from "../audit/compare.ts"

/** The whole result, ready to be written to a terminal. */
export const tableOf = ({ agreed, broken, delivery, jobs, metrics, unwitnessed }: Result): string => {
  if (metrics.length === 0) return `\nNothing was compared: ${broken ?? "nothing was done"}.`
  const counted = metrics.filter(({ received, truth }) => received !== 0 || truth !== 0)
  const zeros = metrics.filter(({ received, truth }) => received === 0 && truth === 0)
  const rows = counted.map(cellsOf)
  const agreeing = metrics.filter((line) => line.agreed).length
  return [
    "",
    ...aligned([["METRIC", "LABELS", "RECEIVED", "TRUE", ""], ...rows]),
    "",
    `${zeros.length} more series had to be zero and are. ${unwitnessed.length} are received and can't be checked from outside:`,
    ...[...new Set(unwitnessed.map(({ name }) => name))].map((name) => `  ${name}`),
    "",
    `${jobs.total} jobs: ${wordsOf(jobs.types)}`,
    `${jobs.completed} completed, ${jobs.failed} failed${inBrackets(jobs.failures)}, ${jobs.cancelled} cancelled` +
      `${jobs.unfinished === 0 ? "" : `, ${jobs.unfinished} not finished`}; ` +
      `${jobs.retried} retries, ${jobs.replayed} replayed, ${jobs.redelivered} redelivered`,
    ...(delivery.lost === undefined ? [] : ["", ...undelivered(delivery, metrics)]),
    ...(broken === undefined ? [] : ["", `The work did not come to its end: ${broken}.`]),
    "",
    agreed
      ? `Agreed: all ${metrics.length} series are what really happened.`
      : `NOT agreed: ${metrics.length - agreeing} of ${metrics.length} series differ from what really happened.`
  ].join("\n")
}

const cellsOf = (line: Line): ReadonlyArray<string> => [
  line.name,
  Object.values(line.labels).join(" "),
  `${line.received}${line.sum === undefined ? "" : `  ${seconds(line.sum.received)}`}`,
  `${line.truth}${line.sum === undefined ? "" : `  ${rangeOf(line.sum.truth)}`}`,
  line.agreed ? "\u2713" : `\u2717 ${line.problem ?? ""}`
]

const seconds = (value: number) => `${value.toFixed(3)} s`

const rangeOf = ({ atLeast, atMost }: NonNullable<Line["sum"]>["truth"]) => {
  if (atMost === undefined) return `>= ${seconds(atLeast)}`
  return atLeast.toFixed(3) === atMost.toFixed(3) ? seconds(atMost) : `${atLeast.toFixed(3)}..${seconds(atMost)}`
}

/** What the receiver did not get: the rows above say it series by series. */
const undelivered = (delivery: Result["delivery"], metrics: ReadonlyArray<Line>): ReadonlyArray<string> => {
  const behind = metrics.filter(({ received, truth }) => received < truth)
  const missing = behind.reduce((sum, { received, truth }) => sum + truth - received, 0)
  return [
    `Not delivered: ${missing} recordings in ${behind.length} series, marked above.`,
    `The reason: ${delivery.lost ?? ""}; it was last seen at ${delivery.lastSeen}.`
  ]
}

const wordsOf = (counts: Readonly<Record<string, number>>) =>
  Object.entries(counts)
    .map(([word, count]) => `${count} ${word}`)
    .join(", ")

const inBrackets = (counts: Readonly<Record<string, number>>) =>
  Object.keys(counts).length === 0 ? "" : ` (${wordsOf(counts)})`

/** Columns as wide as their widest cell; numbers that are under one another read more easily to the right. */
const aligned = (rows: ReadonlyArray<ReadonlyArray<string>>): ReadonlyArray<string> => {
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
