/**
 * What the metrics of a SQL client add to a query, beside what OpenTelemetry's instrumentation of `pg` adds to it: processor
 * time of a process that asks a real PostgreSQL one query after the other. The instrumentation records metrics only, as
 * there is no tracer provider; it is in place for all subjects, and told to leave alone what is not its own turn.
 */
import { createRequire } from "node:module"
import { PgInstrumentation } from "@opentelemetry/instrumentation-pg"
import { MeterProvider } from "@opentelemetry/sdk-metrics"
import { SqlMetrics } from "@parametric-portal/server/infra/sql"
import { MetricsService } from "@parametric-portal/server/observe/metrics"
import * as Testing from "@parametric-portal/server/observe/testing"
import * as PgClient from "@effect/sql-pg/PgClient"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import { claim, interleave, medians, pairedMicros, type Result, type Subject } from "./harness.ts"
import { startServers } from "./jobs/servers.ts"
import { Reader } from "../test/support/sdk-reader.ts"

// Two of each, so that neither is always made first.
const ours = ["watched", "watched, the second"]
const theirs = ["instrumentation-pg", "instrumentation-pg, the second"]
const plain = ["plain", "plain, the second"]

/** Measures `sql_overhead_vs_otel`. */
export const measure = async (): Promise<ReadonlyArray<Result>> => {
  const servers = await startServers()
  const url = await servers.database("sql")
  const instrumentation = instrumented()
  const subjects: Array<Asking> = []
  for (const name of ["plain", "watched", ...theirs, "watched, the second", "plain, the second"]) {
    subjects.push(await asking(name, url, instrumentation))
  }
  const samples = await interleave(subjects, { rounds: 240, batchMs: 25, warmups: 15 })
  await checkTheirs(instrumentation, subjects)
  for (const { end } of subjects) {
    await end()
  }
  await servers.stop()
  const added = pairedMicros("sql.added to a query, watched", samples, { of: ours, to: plain })
  const addedByTheirs = pairedMicros("sql.added to a query, instrumentation-pg", samples, { of: theirs, to: plain })
  return [
    { ...added, name: "sql_overhead_vs_otel", value: added.value / addedByTheirs.value, unit: "ratio" },
    added,
    addedByTheirs,
    ...medians("sql.processor time of a query", samples)
  ]
}

interface Instrumented {
  readonly reader: Reader
  /** Lets it record from now on, or not. */
  readonly records: (isOn: boolean) => void
}

const instrumented = (): Instrumented => {
  const reader = new Reader()
  const instrumentation = new PgInstrumentation()
  instrumentation.setMeterProvider(new MeterProvider({ readers: [reader] }))
  // Loaded once more, so that the instrumentation meets what the clients use.
  createRequire(import.meta.url)("pg")
  // There never is a parent span.
  const records = (isOn: boolean): void => instrumentation.setConfig({ requireParentSpan: !isOn })
  records(false)
  return { reader, records }
}

interface Asking extends Subject {
  readonly end: () => Promise<void>
  /** The queries so far. */
  asked: number
}

const asking = async (name: string, url: string, { records }: Instrumented): Promise<Asking> => {
  const client = PgClient.layer({ url: Redacted.make(url), maxConnections: 1 })
  const layer = ours.includes(name) ? SqlMetrics.layer().pipe(Layer.provide(client)) : client
  const runtime = ManagedRuntime.make(Layer.provideMerge(layer, MetricsService.layer({ registry: "own" })))
  const sql = await runtime.runPromise(SqlClient.SqlClient)
  const query = sql`SELECT id FROM (VALUES (1)) AS people (id) WHERE id = ${1}`
  const subject: Asking = {
    name,
    asked: 0,
    prepare: () => records(theirs.includes(name)),
    run: async (calls) => {
      await runtime.runPromise(Effect.repeatN(query, calls - 1))
      subject.asked += calls
      records(false)
    },
    check: async (calls) => {
      if (ours.includes(name)) {
        claim(`${name}: counted`, await runtime.runPromise(countOfOurs), calls)
      }
    },
    end: () => runtime.dispose()
  }
  return subject
}

const countOfOurs = Effect.map(Testing.snapshot, (snapshot) =>
  Object.entries(snapshot)
    .filter(([series]) => series.startsWith("db_client_operation_duration_seconds"))
    .reduce((sum, [, value]) => sum + (typeof value === "number" ? 0 : value.count), 0)
)

// Its subjects share one instrumentation, which saw the queries of all of them and of nothing else.
const checkTheirs = async ({ reader }: Instrumented, subjects: ReadonlyArray<Asking>): Promise<void> => {
  const { resourceMetrics } = await reader.collect()
  let count = 0
  for (const { dataPoints, descriptor } of resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics)) {
    for (const { value } of descriptor.name === "db.client.operation.duration" ? dataPoints : []) {
      count += (Object(value) as { readonly count: number }).count
    }
  }
  const asked = subjects.filter(({ name }) => theirs.includes(name)).reduce((sum, one) => sum + one.asked, 0)
  claim("instrumentation-pg: counted", count, asked)
}
