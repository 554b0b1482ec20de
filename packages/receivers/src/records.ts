/** Spans and log records as the collector's debug exporter writes them, in the order in which they came. */

/** What tests look at: the names of spans, and the bodies of log records that are texts. */
export interface Records {
  readonly spans: ReadonlyArray<string>
  readonly lines: ReadonlyArray<string>
}

/** Four spaces and a column of fifteen; a name of an event stands behind an arrow. */
const spanName = /^ {4}Name {11}: (.*)$/gm

const body = /^Body: Str\((.*)\)$/gm

/** All that is in the output of a collector whose debug exporter is detailed. */
export const recordsIn = (output: string): Records => ({ spans: found(output, spanName), lines: found(output, body) })

const found = (output: string, pattern: RegExp): ReadonlyArray<string> =>
  Array.from(output.matchAll(pattern), ([, text = ""]) => text)
