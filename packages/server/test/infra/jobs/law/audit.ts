/**
 * An independent record: triggers write down each fact about jobs, in the transaction that makes it true, and on whose
 * connection it came. Nothing in the library knows of it. What a caller's transaction leaves to be counted is taken off
 * whoever made it and put down to the runner that takes it.
 */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"

/** What is counted, by the names that the record and the tests use. `ended` jobs took `attempts` attempts in all. */
export const factNames = [
  "enqueued",
  "replays",
  "retries",
  "redelivered",
  "completions",
  "cancellations",
  "deadLettered",
  "failures",
  "ended",
  "attempts"
] as const
export type FactName = (typeof factNames)[number]
export type Facts = Readonly<Record<FactName, number>>

export const noFacts: Facts = {
  enqueued: 0,
  replays: 0,
  retries: 0,
  redelivered: 0,
  completions: 0,
  cancellations: 0,
  deadLettered: 0,
  failures: 0,
  ended: 0,
  attempts: 0
}

/** The sum of two records. */
export const plus = (left: Facts, right: Facts): Facts => combined(left, right, (one, other) => one + other)

/** What the first has more than the second. */
export const minus = (left: Facts, right: Facts): Facts => combined(left, right, (one, other) => one - other)

const combined = (left: Facts, right: Facts, by: (one: number, other: number) => number): Facts => {
  const of = (name: FactName): number => by(left[name], right[name])
  return {
    enqueued: of("enqueued"),
    replays: of("replays"),
    retries: of("retries"),
    redelivered: of("redelivered"),
    completions: of("completions"),
    cancellations: of("cancellations"),
    deadLettered: of("deadLettered"),
    failures: of("failures"),
    ended: of("ended"),
    attempts: of("attempts")
  }
}

/** One line of the record: a fact, how often, and of which job. */
interface Line {
  readonly when?: string
  readonly fact: string
  readonly times?: string
  readonly job?: string
}

interface Watched {
  readonly table: "jobs" | "jobs_done" | "job_errors" | "job_uncounted"
  readonly event: "INSERT" | "UPDATE" | "DELETE"
  readonly lines: ReadonlyArray<Line>
}

/** What a row of the list of what is not counted yet stands for; `sign` says whether it is taken off or put down. */
const owed = (row: "NEW" | "OLD", sign: "" | "-"): ReadonlyArray<Line> => [
  ...(["submit enqueued", "cancel cancellations", "replay replays", "lose deadLettered", "lose failures"] as const).map(
    (pair) => {
      const [operation = "", fact = ""] = pair.split(" ")
      return { when: `${row}.operation = '${operation}'`, fact: `owed.${fact}`, times: `${sign}${row}.times` }
    }
  ),
  { when: `${row}.attempts > 0`, fact: "owed.ended", times: `${sign}${row}.times` },
  { when: `${row}.attempts > 0`, fact: "owed.attempts", times: `${sign}${row}.times * ${row}.attempts` }
]

const watched = (name: (table: Watched["table"]) => string): ReadonlyArray<Watched> => [
  {
    table: "jobs",
    event: "INSERT",
    lines: [
      { when: "NEW.replays = 0", fact: "enqueued", job: "NEW.id" },
      { when: "NEW.replays > 0", fact: "replays", job: "NEW.id" }
    ]
  },
  {
    table: "jobs",
    event: "UPDATE",
    lines: [
      { when: "NEW.retries > OLD.retries", fact: "retries", job: "NEW.id" },
      { when: "NEW.redeliveries > OLD.redeliveries", fact: "redelivered", job: "NEW.id" },
      // Given back before it began: it has not been tried again.
      { when: "NEW.retries < OLD.retries", fact: "retries", times: "-1", job: "NEW.id" },
      { when: "NEW.redeliveries < OLD.redeliveries", fact: "redelivered", times: "-1", job: "NEW.id" },
      {
        when: "NEW.started_at IS NOT NULL AND (OLD.started_at IS NULL OR OLD.run < NEW.run)",
        fact: "started",
        job: "NEW.id"
      }
    ]
  },
  {
    table: "jobs_done",
    event: "INSERT",
    lines: [
      { when: "NEW.state = 2", fact: "completions", job: "NEW.id" },
      { when: "NEW.state = 3", fact: "cancellations", job: "NEW.id" },
      { when: "NEW.state = 4", fact: "deadLettered", job: "NEW.id" },
      { when: "NEW.attempt > 0", fact: "ended", job: "NEW.id" },
      { when: "NEW.attempt > 0", fact: "attempts", times: "NEW.attempt", job: "NEW.id" }
    ]
  },
  {
    // A replay has put the job back among the others before it goes.
    table: "jobs_done",
    event: "DELETE",
    lines: [{ when: `NOT EXISTS (SELECT 1 FROM ${name("jobs")} WHERE id = OLD.id)`, fact: "purged", job: "OLD.id" }]
  },
  { table: "job_errors", event: "INSERT", lines: [{ fact: "failures", job: "NEW.job_id" }] },
  { table: "job_uncounted", event: "INSERT", lines: owed("NEW", "-") },
  { table: "job_uncounted", event: "DELETE", lines: owed("OLD", "") }
]

/** How the tables are named; the record is beside them. */
export interface Place {
  readonly name: (table: string) => string
}

/** Begins the record. */
export const install = ({ name }: Place) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const isPostgres = sql.onDialectOrElse({ pg: () => true, orElse: () => false })
    yield* sql.unsafe(
      isPostgres
        ? `CREATE TABLE ${name("job_audit")} (
             seq BIGSERIAL PRIMARY KEY, at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
             runner TEXT NOT NULL DEFAULT current_setting('application_name'),
             fact TEXT NOT NULL, times INT NOT NULL, job_id TEXT)`
        : `CREATE TABLE ${name("job_audit")} (
             seq INTEGER PRIMARY KEY, runner TEXT NOT NULL DEFAULT '', fact TEXT NOT NULL, times INT NOT NULL, job_id TEXT)`
    )
    for (const { event, lines, table } of watched(name)) {
      const body = lines
        .map(({ fact, job = "NULL", times = "1", when = "1 = 1" }) => {
          const row = `SELECT '${fact}', ${times}, ${job} WHERE ${when}`
          return `INSERT INTO ${name("job_audit")} (fact, times, job_id) ${row};`
        })
        .join("\n")
      const trigger = `audit_${table}_${event.toLowerCase()}`
      if (isPostgres) {
        yield* sql.unsafe(
          `CREATE FUNCTION ${name(trigger)}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${body} RETURN NULL; END $$`
        )
        yield* sql.unsafe(
          `CREATE TRIGGER ${trigger} AFTER ${event} ON ${name(table)} FOR EACH ROW EXECUTE FUNCTION ${name(trigger)}()`
        )
      } else {
        yield* sql.unsafe(`CREATE TRIGGER ${trigger} AFTER ${event} ON ${name(table)} BEGIN ${body} END`)
      }
    }
  })

const num = (sql: SqlClient.SqlClient, expression: string): string =>
  sql.onDialectOrElse({ pg: () => `(${expression})::float8`, orElse: () => `CAST(${expression} AS REAL)` })

/** What was recorded, by whoever did it: what is still to be counted belongs to nobody. */
export const factsOf = ({ name }: Place) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const rows = yield* sql.unsafe<{ readonly runner: string; readonly fact: string; readonly times: number }>(
      `SELECT runner, fact, ${num(sql, "sum(times)")} AS times FROM ${name("job_audit")} GROUP BY runner, fact`
    )
    const facts = new Map<string, Record<FactName, number>>()
    for (const { fact, runner, times } of rows) {
      const of = facts.get(runner) ?? { ...noFacts }
      facts.set(runner, of)
      const known = factNames.find((one) => one === fact.replace(/^owed\./, ""))
      if (known !== undefined) {
        of[known] += times
      }
    }
    return facts
  })

/** All that was recorded, together. */
export const allFacts = (place: Place) =>
  Effect.map(factsOf(place), (facts) => Array.from(facts.values()).reduce<Facts>(plus, noFacts))

/** When a runner made a fact true, the last first, in epoch milliseconds; on PostgreSQL. */
export const timesOf = ({ name }: Place, runner: string, fact: FactName) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const rows = yield* sql.unsafe<{ readonly ms: number; readonly times: number }>(
      `SELECT extract(epoch FROM at)::float8 * 1000 AS ms, times FROM ${name("job_audit")}
       WHERE runner = $1 AND fact IN ($2, 'owed.' || $2) AND times > 0 ORDER BY seq DESC`,
      [runner, fact]
    )
    return rows.flatMap(({ ms, times }) => Array.from({ length: times }, () => ms))
  })

/**
 * The law as it stands in one look at the tables: what was accepted and replayed, less what has ended and what is held.
 * It is zero at every moment.
 */
export const imbalance = ({ name }: Place) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const [row] = yield* sql.unsafe<{ readonly off: number }>(`
      SELECT ${num(
        sql,
        `coalesce((SELECT sum(CASE WHEN fact IN ('enqueued', 'replays') THEN 1 ELSE -1 END) FROM ${name("job_audit")}
         WHERE fact IN ('enqueued', 'replays', 'completions', 'cancellations', 'deadLettered')), 0)
         - (SELECT count(*) FROM ${name("jobs")})`
      )} AS off`)
    return row?.off
  })

/** Jobs that are in both tables, or that have ended more often than they were accepted and replayed. */
export const contradictions = ({ name }: Place) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) =>
    sql.unsafe(`
      SELECT job_id FROM ${name("job_audit")} WHERE job_id IS NOT NULL GROUP BY job_id
      HAVING sum(CASE WHEN fact IN ('completions', 'cancellations', 'deadLettered') THEN 1 ELSE 0 END) >
        sum(CASE WHEN fact IN ('enqueued', 'replays') THEN 1 ELSE 0 END)
      UNION ALL
      SELECT id FROM ${name("jobs")} WHERE id IN (SELECT id FROM ${name("jobs_done")})`)
  )

/** What is neither done nor counted: jobs that are held, and facts that no runner has taken. */
export const unsettled = ({ name }: Place) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const [row] = yield* sql.unsafe<{ readonly held: number; readonly uncounted: number }>(`
      SELECT ${num(sql, `(SELECT count(*) FROM ${name("jobs")})`)} AS held,
        ${num(sql, `(SELECT count(*) FROM ${name("job_uncounted")})`)} AS uncounted`)
    return { held: row?.held, uncounted: row?.uncounted }
  })
