/** Compares the statements and requests that the library measured with those that others counted. */
import type { Series } from "@parametric-portal/dashboard/receiver"
import { catalogue, otlpAttribute, otlpName } from "@parametric-portal/server/observe/catalogue"
import type { ComparedSeries } from "./compare.ts"
import type { Labels } from "./expected.ts"
import { wireRows } from "./wire-counts.ts"

const { db, http } = catalogue

/**
 * Statements and requests of processes that were not killed: as the library has them, and as others do. A request that
 * its client gave up is in neither. Nothing is under way any more.
 */
export const compareWire = (series: ReadonlyArray<Series>): ReadonlyArray<ComparedSeries> => {
  const ofName = (name: string): ReadonlyArray<Series> => series.filter((one) => one.name === name)
  const [method, status] = ["http_request_method", "http_response_status_code"].map((label) =>
    otlpAttribute(http.serverRequestDuration, label)
  )
  const requests = new Map<string, { readonly labels: Labels; received: number; expected: number }>()
  const add = (labels: Labels, { expected = 0, received = 0 }): void => {
    const key = Object.values(labels).join(" ")
    const known = requests.get(key) ?? { labels, received: 0, expected: 0 }
    requests.set(key, { labels, received: known.received + received, expected: known.expected + expected })
  }
  for (const one of ofName(wireRows.requests.name)) {
    add(labelsOf(one, "method", "status"), { expected: countOf(one) })
  }
  for (const one of ofName(otlpName(http.serverRequestDuration))) {
    if (one.attributes["error.type"] !== "client_abort") {
      add(labelsOf(one, method, status), { received: countOf(one) })
    }
  }
  return [
    ...Array.from(requests.values(), (one) => compared(http.serverRequestDuration.name, one)),
    compared(db.clientOperationDuration.name, { labels: {}, ...statementsOf(series) }),
    ...[http.serverActiveRequests, db.transactionsActive].map((row) =>
      compared(row.name, { labels: {}, received: sumOf(ofName(otlpName(row))), expected: 0 })
    )
  ]
}

/**
 * Statements that were not interrupted. One that was may have waited for a connection, so that the driver never had it; how
 * many had reached it is not known.
 */
const statementsOf = (series: ReadonlyArray<Series>): { readonly received: number; readonly expected: number } => {
  const all = series.filter(({ name }) => name === otlpName(db.clientOperationDuration))
  const isInterrupted = ({ attributes }: Series): boolean => attributes["error.type"] === "interrupted"
  const interrupted = sumOf(all.filter(isInterrupted))
  const received = sumOf(all) - interrupted
  const byDriver = sumOf(series.filter(({ name }) => name === wireRows.statements.name))
  return { received, expected: byDriver - Math.min(Math.max(byDriver - received, 0), interrupted) }
}

const labelsOf = ({ attributes }: Series, method = "", status = ""): Labels => ({
  method: String(attributes[method] ?? ""),
  status: String(attributes[status] ?? "")
})

const countOf = (one: Series): number =>
  one.kind === "histogram" ? one.total.count : one.kind === "sum" || one.kind === "gauge" ? one.total : 0

const sumOf = (all: ReadonlyArray<Series>): number => all.reduce((sum, one) => sum + countOf(one), 0)

const compared = (name: string, one: Pick<ComparedSeries, "labels" | "received" | "expected">): ComparedSeries => {
  const difference = one.received - one.expected
  return difference === 0
    ? { name, ...one, agreed: true }
    : { name, ...one, agreed: false, problem: `${Math.abs(difference)} too ${difference > 0 ? "many" : "few"}` }
}
