/**
 * The statements of PostgreSQL: those of callers, and of runners in `postgres-claims.ts` and `postgres-runs.ts`. Each
 * has one sane plan, whatever the statistics say: laterals that are limited, and arrays in place of joins. What another
 * session has locked is skipped, and delays that job only.
 */
import {
  type Change,
  type Dialect,
  keptColumns,
  type KeyedJob,
  keysOf,
  type Queries,
  type Query,
  replayedColumns,
  runColumns,
  submissionOf,
  type Tables,
  traceColumns
} from "./dialect.ts"
import type { CallOptions, NewJob } from "./operations.ts"
import { claim, claimFunctions, claimLimited, claimSuspect } from "./postgres-claims.ts"
import { type DatabaseFunction, databaseFunction } from "./postgres-functions.ts"
import { acquit, end, endFunctions, look, now, one, progress, start, takeOver } from "./postgres-runs.ts"

/** The functions that the statements over these tables call. */
export const postgresFunctions = (tables: Tables) => ({
  submit: submitFunction(tables),
  ...claimFunctions(tables),
  ends: endFunctions(tables)
})

/** The statements over these tables; `identity` is that of the database. */
export const postgres = (tables: Tables, identity: string): Dialect => {
  const functions = postgresFunctions(tables)
  const hintChannel = `jobs_${identity.replaceAll("-", "")}`
  const tell = (payload: string) => `pg_notify('${hintChannel}', ${payload})::text`
  const ownHint = globalThis.crypto.randomUUID()
  return {
    now,
    real: "double precision",
    lockFree: "FOR UPDATE SKIP LOCKED",
    groupSize: 500,
    hintChannel,
    ownHint,
    insert: insert(tables, functions.submit, { identity, hintChannel, ownHint }),
    find: find(tables),
    cancel: cancel(tables, tell),
    replay: replay(tables, tell),
    changed: changed(tables),
    claim: { _tag: "InOne", claim: claim(functions) },
    nextDue: (types) => functions.nextDue.call([types]),
    lastKey: undefined,
    claimLimited: claimLimited(tables),
    claimSuspect: claimSuspect(tables),
    start: start(tables),
    acquit: acquit(tables),
    end: end(functions.ends),
    look: look(tables),
    progress: progress(tables),
    isLost: undefined,
    takeOver: takeOver(tables)
  }
}

type Tell = (payload: string) => string

const given = `id text, type text, partition int, priority int, delay float8, at float8, dedupe_key text,
  unique_key text, unique_for float8, limit_key text, is_limited int, max_attempts int, timeout_ms float8, backoff text,
  traceparent text, tracestate text, baggage text, payload text`

/**
 * A caller's transaction waits for whoever has its keys; by itself a submission gives its connection back after this.
 */
const keyPatience = (isHasty: boolean): string =>
  `patience AS MATERIALIZED (SELECT set_config('lock_timeout', '${isHasty ? 20 : 2000}', true))`

/** Which database it is, and how its runners are told. */
interface Home {
  readonly identity: string
  readonly hintChannel: string
  readonly ownHint: string
}

/** What is submitted in a transaction is told to all, for nobody here learns of the commit. */
const hintOf = ({ ownHint }: Home, isInTransaction: boolean): string => (isInTransaction ? "1" : ownHint)

const insert = (
  tables: Tables,
  submit: DatabaseFunction,
  home: Home
): ((jobs: ReadonlyArray<NewJob>, options: CallOptions) => Queries) => {
  const single = insertOne(submit, home)
  const many = insertMany(tables, home)
  return (jobs, options) => {
    const [job] = jobs
    const isOne = job !== undefined && jobs.length === 1 && job.unique === undefined
    return isOne && (options.isInTransaction || job.dedupeKey === undefined)
      ? single(job, options)
      : many(jobs, options)
  }
}

const submitFunction = (tables: Tables): DatabaseFunction =>
  databaseFunction(tables, {
    name: "job_submit",
    // The last three: the identity of the database where it is a part of a transaction, and what is told on which channel.
    parameters: `float8, float8, text, text, int, int, text, text, int, int, float8, text, text, text, text, text,
      text, text, text`,
    columns: "id text",
    block: `
    DECLARE now_ms bigint := (extract(epoch FROM statement_timestamp()) * 1000)::bigint;
    BEGIN
      IF $17 IS NOT NULL AND NOT EXISTS (SELECT 1 FROM ${tables.identity} i WHERE i.id = $17) THEN
        RETURN;
      END IF;
      RETURN QUERY
        INSERT INTO ${tables.jobs} (due_at, accepted_at, id, type, partition, priority, dedupe_key, limit_key, is_limited,
          max_attempts, timeout_ms, backoff, traceparent, tracestate, baggage, payload)
        VALUES (CASE WHEN $1 IS NULL THEN greatest(now_ms, $2::bigint) ELSE now_ms + $1::bigint END, now_ms,
          $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
        ON CONFLICT DO NOTHING RETURNING id;
      IF FOUND AND $17 IS NOT NULL THEN
        INSERT INTO ${tables.uncounted} (operation, type, priority) VALUES ('submit', $4, $6);
      END IF;
      IF FOUND AND $18 IS NOT NULL THEN
        PERFORM pg_notify($19, $18);
      END IF;
    END`
  })

/** One job, as transactions and idle callers submit it. */
const insertOne =
  ({ call }: DatabaseFunction, home: Home) =>
  (job: NewJob, { hint, isInTransaction }: CallOptions): Queries => {
    const row = submissionOf(job)
    const values = [
      row.delay,
      row.at,
      row.id,
      row.type,
      row.partition,
      row.priority,
      row.dedupe_key,
      row.limit_key,
      row.is_limited,
      row.max_attempts,
      row.timeout_ms,
      row.backoff,
      row.traceparent,
      row.tracestate,
      row.baggage,
      row.payload,
      isInTransaction ? home.identity : undefined,
      hint ? hintOf(home, isInTransaction) : undefined,
      home.hintChannel
    ]
    return [call(values.map((value) => value ?? null))]
  }

const insertMany =
  (tables: Tables, home: Home) =>
  (jobs: ReadonlyArray<NewJob>, { hint, isHasty = false, isInTransaction }: CallOptions): Queries => {
    const isKeyed = jobs.some(({ dedupeKey, unique }) => dedupeKey !== undefined || unique !== undefined)
    const isPatient = isKeyed && !isInTransaction
    const takesKeys = jobs.some(({ unique }) => unique !== undefined)
    const guards = [
      ...(isInTransaction ? [`EXISTS (SELECT 1 FROM ${tables.identity} WHERE id = $2)`] : []),
      ...(takesKeys ? ["(unique_key IS NULL OR id IN (SELECT job_id FROM taken))"] : [])
    ]
    const tell = `pg_notify('${home.hintChannel}', '${hintOf(home, isInTransaction)}')::text`
    const told = hint ? `, CASE WHEN row_number() OVER () = 1 THEN ${tell} END AS told` : ""
    const text = `
    WITH given AS MATERIALIZED (SELECT * FROM json_to_recordset($1::json) AS given(${given}))
    ${isPatient ? `, ${keyPatience(isHasty)}` : ""}${takesKeys ? `, ${taken(tables, isInTransaction, isPatient)}` : ""},
    inserted AS (
      INSERT INTO ${tables.jobs} (id, type, partition, priority, due_at, accepted_at, dedupe_key, limit_key, is_limited,
        max_attempts, timeout_ms, backoff, traceparent, tracestate, baggage, payload)
      SELECT id, type, partition, priority,
        CASE WHEN delay IS NULL THEN greatest(${now}, at::bigint) ELSE ${now} + delay::bigint END, ${now},
        dedupe_key, limit_key, is_limited, max_attempts, timeout_ms, backoff, traceparent, tracestate, baggage, payload
      FROM given${isPatient ? ", patience" : ""} ${guards.length === 0 ? "" : `WHERE ${guards.join(" AND ")}`}
      ${isKeyed ? "ORDER BY type, dedupe_key, id" : ""}
      ON CONFLICT DO NOTHING RETURNING id, type, priority)
    ${isInTransaction ? countSubmitted(tables) : ""}
    SELECT id${told} FROM inserted`
    const rows = JSON.stringify(jobs.map(submissionOf))
    return one(text, isInTransaction ? [rows, home.identity] : [rows])
  }

/** Takes keys that are unique for a period: those that are free, or whose period is over. */
const taken = (tables: Tables, isInTransaction: boolean, isPatient: boolean): string => `taken AS (
  INSERT INTO ${tables.unique} AS held (type, key, job_id, until)
  SELECT DISTINCT ON (type, unique_key) type, unique_key, id, ${now} + unique_for::bigint
  FROM given${isPatient ? ", patience" : ""}
  WHERE unique_key IS NOT NULL
    ${isInTransaction ? `AND EXISTS (SELECT 1 FROM ${tables.identity} WHERE id = $2)` : ""}
  ORDER BY type, unique_key, id
  ON CONFLICT (type, key) DO UPDATE SET job_id = excluded.job_id, until = excluded.until
    WHERE held.until <= ${now} OR held.job_id = excluded.job_id
  RETURNING job_id)`

const countSubmitted = (tables: Tables): string => `, uncounted AS (
  INSERT INTO ${tables.uncounted} (operation, type, priority, times)
  SELECT 'submit', type, priority, count(*) FROM inserted GROUP BY type, priority)`

const find =
  (tables: Tables) =>
  (jobs: ReadonlyArray<KeyedJob>): Query => ({
    text: `
    SELECT e.id, coalesce(
      (SELECT j.id FROM ${tables.jobs} j WHERE j.id = e.id),
      (SELECT d.id FROM ${tables.done} d WHERE d.id = e.id),
      (SELECT j.id FROM ${tables.jobs} j WHERE j.type = e.type AND j.dedupe_key = e.dedupe AND j.dedupe_key IS NOT NULL),
      (SELECT u.job_id FROM ${tables.unique} u
        WHERE u.type = e.type AND u.key = e.once AND u.until > ${now} AND u.job_id <> e.id)
    ) AS found FROM json_to_recordset($1::json) AS e(id text, type text, dedupe text, once text)`,
    values: [JSON.stringify(jobs.map(keysOf))]
  })

/** The row that is to be changed; outside of a transaction none is waited for. */
const chosen = (from: string, { isInTransaction }: CallOptions): string =>
  `SELECT id FROM ${from} FOR UPDATE ${isInTransaction ? "" : "SKIP LOCKED"}`

/** Writes down what a transaction has changed, to be counted by a runner. */
const counted = (tables: Tables, operation: string, attempts: string): string => `, uncounted AS (
  INSERT INTO ${tables.uncounted} (operation, type, priority, attempts)
  SELECT '${operation}', type, priority, ${attempts} FROM changed)`

const cancel =
  (tables: Tables, tell: Tell) =>
  ({ id, token }: Change, options: CallOptions): Queries =>
    one(
      `WITH chosen AS MATERIALIZED (${chosen(`${tables.jobs} WHERE id = $1`, options)}),
      gone AS (DELETE FROM ${tables.jobs} WHERE id = ANY(ARRAY(SELECT id FROM chosen)) RETURNING *),
      changed AS (
        INSERT INTO ${tables.done} (${keptColumns}, ${runColumns}, state, finished_at, token)
        SELECT ${keptColumns}, ${runColumns}, 3, ${now}, $2 FROM gone
        RETURNING id, type, priority, attempt, held_by)
      ${options.isInTransaction ? counted(tables, "cancel", "attempt") : ""}
      SELECT *, CASE WHEN held_by IS NOT NULL THEN ${tell("'c ' || id")} END AS told FROM changed`,
      [id, token]
    )

const replay =
  (tables: Tables, tell: Tell) =>
  ({ id, token }: Change, options: CallOptions): Queries =>
    one(
      `WITH chosen AS MATERIALIZED (${chosen(`${tables.done} WHERE id = $1 AND state = 4`, options)}),
      changed AS (
        INSERT INTO ${tables.jobs} (${keptColumns}, ${traceColumns}, token)
        SELECT ${replayedColumns(now, "$3")}, $2
        FROM ${tables.done} WHERE id = ANY(ARRAY(SELECT id FROM chosen))
        ON CONFLICT DO NOTHING RETURNING id, type, priority),
      gone AS (DELETE FROM ${tables.done} WHERE id = ANY(ARRAY(SELECT id FROM changed)))
      ${options.isInTransaction ? counted(tables, "replay", "0") : ""}
      SELECT *${options.hint ? `, ${tell("'1'")} AS told` : ""} FROM changed`,
      [id, token, options.traceparent ?? null]
    )

const changed =
  (tables: Tables) =>
  (kind: "cancel" | "replay", { id, token }: Change): Query => ({
    text: `
    SELECT id, type, priority, attempt, held_by FROM ${tables.done} WHERE id = $1 AND token = $2
    ${
      kind === "cancel"
        ? ""
        : `UNION ALL
      SELECT id, type, priority, attempt, held_by FROM ${tables.jobs} WHERE id = $1 AND token = $2`
    }`,
    values: [id, token]
  })
