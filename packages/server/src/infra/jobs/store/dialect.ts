/**
 * What the two dialects of the tables have in common: names, columns, numbers that stand for words, and the statements
 * that each of them has to say in its own way.
 */
import { priorities } from "../../../observe/catalogue.ts"
import { headStartMs, type Priority } from "../definition/priority.ts"
import type { CallOptions, ClaimRequest, End, Fence, NewJob } from "./operations.ts"

/** A statement as it is sent. */
export interface Query {
  readonly text: string
  readonly values: ReadonlyArray<unknown>
}

/** One statement, or several in one transaction; their rows together are the answer. */
export type Queries = readonly [Query, ...ReadonlyArray<Query>]

/** The quoted names of the tables, and the bare beginning of the names of their indexes. */
export interface Tables {
  readonly prefix: string
  readonly jobs: string
  readonly done: string
  readonly errors: string
  readonly runners: string
  readonly types: string
  readonly unique: string
  readonly uncounted: string
  readonly identity: string
  readonly migrations: string
  /** The quoted name of something else beside them. */
  readonly named: (bare: string) => string
}

/** The bare names of the tables, in the order in which they are made. */
export const tableNames = {
  jobs: "jobs",
  done: "jobs_done",
  errors: "job_errors",
  runners: "job_runners",
  types: "job_types",
  unique: "job_unique",
  uncounted: "job_uncounted",
  identity: "job_identity",
  migrations: "jobs_migrations"
} as const

/** The bare names of their indexes. */
export const indexNames = {
  waiting: "jobs_waiting",
  suspect: "jobs_suspect",
  held: "jobs_held",
  limited: "jobs_limited",
  byKey: "jobs_by_key",
  dedupeKey: "jobs_dedupe_key",
  finished: "jobs_done_finished",
  until: "job_unique_until"
} as const

/** The names of the tables with a prefix, in a schema where there is one. */
export const tablesOf = (prefix: string, schema: string | undefined): Tables => {
  const name = (bare: string) => (schema === undefined ? "" : `${quoted(schema)}.`) + quoted(prefix + bare)
  return {
    prefix,
    jobs: name(tableNames.jobs),
    done: name(tableNames.done),
    errors: name(tableNames.errors),
    runners: name(tableNames.runners),
    types: name(tableNames.types),
    unique: name(tableNames.unique),
    uncounted: name(tableNames.uncounted),
    identity: name(tableNames.identity),
    migrations: name(tableNames.migrations),
    named: name
  }
}

export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** What the numbers in the column `state` mean. */
export const states = { waiting: 0, held: 1, completed: 2, cancelled: 3, dead: 4 } as const

/** The number of a priority in the tables: its place among them, the most urgent first. */
export const priorityNumber = (priority: Priority): number => priorities.indexOf(priority)

/** The rows `(priority, head start)` of a VALUES list. */
export const headStarts = priorities.map((priority, index) => `(${index}, ${headStartMs[priority]})`).join(", ")

/** The columns that a job keeps when it moves between the tables. */
export const keptColumns = `id, type, partition, priority, due_at, accepted_at, attempt, run, redeliveries, replays, retries,
  dedupe_key, limit_key, is_limited, max_attempts, timeout_ms, backoff, traceparent, payload`

/** Those that it keeps for as long as it may run again: what was carried with its submit, and the spans after that. */
export const traceColumns = "tracestate, baggage, last_traceparent, replay_traceparent"

/** These columns after an attempt, if that has a span. */
export const lastSpanColumns = (span: string): string =>
  traceColumns.replace("last_traceparent", () => `coalesce(${span}, last_traceparent)`)

/** All of them of a dead letter as a replay puts it back; `span` is the `traceparent` of the replay. */
export const replayedColumns = (now: string, span: string): string => {
  const kept = keptColumns.replace("due_at", now).replace("attempt,", "0,").replace("replays", "replays + 1")
  return `${kept}, ${traceColumns.replace("replay_traceparent", () => `coalesce(${span}, replay_traceparent)`)}`
}

/** Those of them that say how its last run went. */
export const runColumns = "started_at, held_by, progress, progress_note"

/** The columns of a row that was claimed, in the names of {@link HeldRow}. */
export const heldColumns = (now: string, real: string): string => `
  id, run, type, priority, payload, CASE WHEN started_at IS NULL THEN 0 ELSE 1 END AS is_started,
  attempt + CASE WHEN started_at IS NULL THEN 1 - redeliver ELSE 0 END AS attempt, redeliver, deaths,
  CAST(accepted_at AS ${real}) AS accepted_at, CAST(due_at AS ${real}) AS due_at, CAST(${now} AS ${real}) AS now,
  max_attempts, CAST(timeout_ms AS ${real}) AS timeout_ms, backoff, traceparent, ${traceColumns}`

/** A submission as it goes into the statement, by the names of the columns it fills. */
export const submissionOf = (job: NewJob) => ({
  id: job.id,
  type: job.type,
  partition: job.partition,
  priority: priorityNumber(job.priority),
  delay: job.delayMs,
  at: job.at,
  dedupe_key: job.dedupeKey,
  unique_key: job.unique?.key,
  unique_for: job.unique?.forMs,
  limit_key: job.limitKey,
  is_limited: job.isLimited ? 1 : 0,
  max_attempts: job.maxAttempts,
  timeout_ms: job.timeoutMs,
  backoff: job.backoff === undefined ? undefined : JSON.stringify(job.backoff),
  traceparent: job.traceparent,
  tracestate: job.tracestate,
  baggage: job.baggage,
  payload: job.payload
})

/** What a submission is looked up by. */
export type KeyedJob = Pick<NewJob, "id" | "type" | "dedupeKey" | "unique">

export const keysOf = ({ dedupeKey: dedupe, id, type, unique }: KeyedJob) => ({ id, type, dedupe, once: unique?.key })

/** An end as it goes into its statement. */
export const endOf = ({ attempt, id: of, run, settlement, traceparent: span }: End) => {
  const fence = { of, of_run: run }
  switch (settlement._tag) {
    case "Completed":
      return { ...fence, result: settlement.result }
    case "Returned":
      return fence
    case "Released":
      return { ...fence, span }
    default: {
      const { encoded: error, message, reason } = settlement.failure
      const pause = settlement._tag === "Retrying" ? settlement.pauseMs : undefined
      return { ...fence, of_attempt: attempt, reason, message, error, pause, span }
    }
  }
}

/** Takes back that a job was marked as started. */
export const notStarted = `started_at = NULL, attempt = attempt - 1 + redeliver, redeliveries = redeliveries - redeliver,
  retries = retries - CASE WHEN redeliver = 0 AND attempt > 1 THEN 1 ELSE 0 END`

/** The reason of a job that is dead because it lost too many runners. */
export const lostReason = { reason: "RunnerLost", message: "Its runner was lost too often while it ran alone" } as const

/** For so long a runner is known after its life, whose answers may have been lost. */
export const overForMs = 3_600_000

/** The statements that each dialect says in its own way. What they return is read by `rows.ts`. */
export interface Dialect {
  /** The clock of the database in epoch milliseconds, as an expression. */
  readonly now: string
  /** The type of a number that the driver gives as a number. */
  readonly real: string
  /** Keeps a chosen row for this transaction; one that another has locked is passed over. */
  readonly lockFree: string
  /** The most rows that one statement of a runner should have. */
  readonly groupSize: number
  readonly hintChannel: string | undefined
  readonly ownHint: string | undefined
  readonly insert: (jobs: ReadonlyArray<NewJob>, options: CallOptions) => Queries
  /** The id of each of these jobs where it is known, else that of the job that it is a duplicate of. */
  readonly find: (jobs: ReadonlyArray<KeyedJob>) => Query
  readonly cancel: (change: Change, options: CallOptions) => Queries
  readonly replay: (change: Change, options: CallOptions) => Queries
  /** The job as such a change has left it, if it was made. */
  readonly changed: (kind: "cancel" | "replay", change: Change) => Query
  readonly claim: ClaimInOne | ClaimInTwo
  /** In how many milliseconds the next job of these types is due; NULL where none waits for its time. */
  readonly nextDue: (types: ReadonlyArray<string>) => Query
  /** The last of the keys that such a claim visits, if there are more; nothing where the claim itself says so. */
  readonly lastKey: ((type: string, from: string) => Query) | undefined
  /** Of one type, in a transaction that has locked the type's row. */
  readonly claimLimited: (request: ClaimRequest, room: Room) => Queries
  /** Where there is a limit: of one type, in a transaction that has locked the type's row. */
  readonly claimSuspect: (request: Omit<ClaimRequest, "most">, room?: Omit<Room, "from">) => Queries
  readonly start: (runnerId: string, fences: ReadonlyArray<Fence>, isAlone: boolean) => Queries
  readonly acquit: (runnerId: string, fence: Fence) => Queries
  /** The ends of one kind. */
  readonly end: (runnerId: string, kind: End["settlement"]["_tag"], ends: ReadonlyArray<End>) => Queries
  /** How it stands with ends that were not written. */
  readonly look: (runnerId: string, ends: ReadonlyArray<End>) => Query
  readonly progress: (runnerId: string, fence: Fence, progress: readonly [number, string | undefined]) => Queries
  /** Finds a row where there is something to take over; nothing where that is found out by taking over. */
  readonly isLost: ((leaseMs: number) => Query) | undefined
  readonly takeOver: (leaseMs: number, maxLosses: number) => Queries
}

/** What is due of this type and priority was claimed before this time: a claim need not look there. */
export type Since = (type: string, priority: number) => number

/** One statement finds jobs, locks and claims them. */
export interface ClaimInOne {
  readonly _tag: "InOne"
  readonly claim: (request: ClaimRequest, since: Since) => Queries
}

/** One statement finds jobs, and another claims those that are chosen, if they are still free. */
export interface ClaimInTwo {
  readonly _tag: "InTwo"
  readonly candidates: (request: ClaimRequest) => Query
  readonly take: (request: ClaimRequest, ids: ReadonlyArray<string>) => Query
}

/** What limits across the cluster leave to a claim. */
export interface Room {
  readonly concurrency: number | undefined
  readonly perKey: number | undefined
  /** The key to begin with: a claim visits a thousand of them. */
  readonly from: string
}

/** A change to one job, and a token of its own by which it is found again after an answer that was lost. */
export interface Change {
  readonly id: string
  readonly token: string
}
