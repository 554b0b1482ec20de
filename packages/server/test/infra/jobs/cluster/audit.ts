/**
 * An independent record: a trigger writes down each change of a job's state, and on whose connection it came. Nothing
 * in the library knows of it.
 */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"

export const install = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql.unsafe(`
    CREATE TABLE job_audit (
      seq BIGSERIAL PRIMARY KEY, at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
      runner TEXT NOT NULL DEFAULT current_setting('application_name'), job_id TEXT NOT NULL, fact TEXT NOT NULL)`)
  yield* sql.unsafe(
    "CREATE TABLE job_starts (runner TEXT NOT NULL DEFAULT current_setting('application_name'), job_id TEXT NOT NULL)"
  )
  yield* sql.unsafe(`
    CREATE FUNCTION audit_job() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE facts TEXT[] := '{}';
    BEGIN
      IF TG_OP = 'INSERT' THEN facts := ARRAY['enqueued'];
      ELSE
        IF OLD.state = 'dead' AND NEW.state = 'ready' THEN facts := facts || 'replays'::text; END IF;
        IF NEW.state = 'completed' AND OLD.state <> 'completed' THEN facts := facts || 'completions'::text; END IF;
        IF NEW.state = 'cancelled' AND OLD.state <> 'cancelled' THEN facts := facts || 'cancellations'::text; END IF;
        IF NEW.state = 'dead' AND OLD.state <> 'dead' THEN facts := facts || 'deadLettered'::text; END IF;
        IF OLD.state = 'running' AND (NEW.state IN ('dead', 'retrying') OR (NEW.state = 'ready' AND NEW.redeliver = 0))
          THEN facts := facts || 'failures'::text; END IF;
        IF NEW.retries > OLD.retries THEN facts := facts || 'retries'::text; END IF;
        IF NEW.redeliveries > OLD.redeliveries THEN facts := facts || 'redelivered'::text; END IF;
      END IF;
      INSERT INTO job_audit (job_id, fact) SELECT NEW.id, unnest(facts);
      IF NEW.state = 'running' THEN INSERT INTO job_starts (job_id) VALUES (NEW.id); END IF;
      RETURN NULL;
    END $$`)
  yield* sql.unsafe("CREATE TRIGGER audit AFTER INSERT OR UPDATE ON jobs FOR EACH ROW EXECUTE FUNCTION audit_job()")
})

export const factNames = [
  "enqueued",
  "replays",
  "completions",
  "cancellations",
  "deadLettered",
  "failures",
  "retries",
  "redelivered"
] as const
export type FactName = (typeof factNames)[number]
export type Facts = Readonly<Record<FactName, number>>

export const noFacts: Facts = {
  enqueued: 0,
  replays: 0,
  completions: 0,
  cancellations: 0,
  deadLettered: 0,
  failures: 0,
  retries: 0,
  redelivered: 0
}

/** How often a runner made each fact true. */
export const factsOf = (runner: string) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const rows = yield* sql<{ fact: FactName; count: string }>`
      SELECT fact, count(*) AS count FROM job_audit WHERE runner = ${runner} GROUP BY fact`
    return rows.reduce((facts, { count, fact }): Facts => ({ ...facts, [fact]: Number(count) }), noFacts)
  })

/** When a runner made its facts of one name true, the last first, in epoch milliseconds. */
export const timesOf = (runner: string, fact: FactName) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const rows = yield* sql<{ ms: string }>`
      SELECT extract(epoch FROM at) * 1000 AS ms FROM job_audit WHERE runner = ${runner} AND fact = ${fact} ORDER BY seq DESC`
    return rows.map(({ ms }) => Number(ms))
  })

/** Whether one of these jobs has been started by a runner. */
export const hasStarted = (runner: string, jobs: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const rows = yield* sql`SELECT 1 FROM job_starts WHERE runner = ${runner} AND ${sql.in("job_id", jobs)} LIMIT 1`
    return rows.length > 0
  })

/** Jobs that came to an end more often than they were accepted and replayed. */
export const endedTwice = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  return yield* sql`
    SELECT job_id FROM job_audit GROUP BY job_id
    HAVING sum(CASE WHEN fact IN ('completions', 'cancellations', 'deadLettered') THEN 1 ELSE 0 END) >
      sum(CASE WHEN fact IN ('enqueued', 'replays') THEN 1 ELSE 0 END)`
})
