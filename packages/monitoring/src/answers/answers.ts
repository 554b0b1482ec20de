/**
 * What a Prometheus answered to the queries of all panels, in `recorded/answers.json`. `npm run record` writes it, and
 * the pictures of the dashboards are drawn from it.
 */
import { readFileSync } from "node:fs"
import path from "node:path"

/** The values of one series at each step; `null` where it had none. */
export interface AnsweredSeries {
  readonly labels: Readonly<Record<string, string>>
  readonly values: ReadonlyArray<number | null>
}

export interface Answer {
  /** The query as the panel has it, with its variables. */
  readonly query: string
  readonly series: ReadonlyArray<AnsweredSeries>
}

/** Something that happened while the answers were recorded. */
export interface RecordedEvent {
  /** Seconds since the start. */
  readonly at: number
  readonly event: string
}

export interface Answers {
  /** The command that was scraped. */
  readonly command: string
  readonly seconds: number
  /** Seconds between two values. */
  readonly step: number
  readonly events: ReadonlyArray<RecordedEvent>
  readonly answers: ReadonlyArray<Answer>
}

/** Where the answers are committed. */
export const answersFile = path.resolve(import.meta.dirname, "../../recorded/answers.json")

/** The committed answers. */
export const readAnswers = (): Answers => JSON.parse(readFileSync(answersFile, "utf8"))

/** The JSON: a line for each series, so that it stays short and a difference can be read. */
export const formatAnswers = ({ answers, ...head }: Answers): string => {
  const body = answers.map(({ query, series }) => {
    const lines = series.map((one) => `\n      ${JSON.stringify(one)}`)
    return `    { "query": ${JSON.stringify(query)},\n      "series": [${lines.join(",")}] }`
  })
  const fields = Object.entries(head).map(([name, value]) => `  ${JSON.stringify(name)}: ${JSON.stringify(value)},\n`)
  return `{\n${fields.join("")}  "answers": [\n${body.join(",\n")}\n  ]\n}\n`
}
