/** How rows become values. What the database counts and measures comes as numbers; what it lacks is NULL. */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { priorities } from "../../../observe/catalogue.ts"
import { headStartMs, type Priority } from "../definition/priority.ts"
import type { BackoffSettings } from "../definition/backoff.ts"
import type {
  CancelledJob,
  HeldFence,
  HeldJob,
  JobEnding,
  JobFailure,
  JobStatus,
  ReplayedJob,
  TakenOver,
  Uncounted,
  Written
} from "./operations.ts"
import { stateOf } from "./state.ts"

/** The priority of a number in the tables; one that this version does not know counts as normal. */
export const priorityOf = (number: number): Priority => priorities[number] ?? "normal"

/** A job that was claimed, or, without an id, none. */
export interface HeldRow {
  readonly id: string | null
  readonly run: number
  readonly type: string
  readonly priority: number
  readonly payload: string
  readonly is_started: number
  readonly attempt: number
  readonly redeliver: number
  readonly deaths: number
  readonly accepted_at: number
  readonly due_at: number
  readonly now: number
  readonly max_attempts: number | null
  readonly timeout_ms: number | null
  readonly backoff: string | null
  readonly traceparent: string | null
  readonly tracestate: string | null
  readonly baggage: string | null
  readonly last_traceparent: string | null
  readonly replay_traceparent: string | null
}

/** What was claimed, in the order in which it is to run. */
export const claimedOf = (rows: ReadonlyArray<HeldRow>): ReadonlyArray<HeldJob> =>
  rows
    .filter(({ id }) => id !== null)
    .sort((left, right) => placeOf(left) - placeOf(right))
    .flatMap((row) => Option.toArray(heldOf(row)))

export interface NextDueRow {
  readonly next_due: number | null
}

/** The last of the keys that a claim with limits by key visits, unless it visits all. */
export interface LastKeyRow {
  readonly last_key?: string | null
}

const placeOf = ({ due_at, priority }: HeldRow): number => due_at + headStartMs[priorityOf(priority)]

export const heldOf = (row: HeldRow): Option.Option<HeldJob> =>
  row.id === null
    ? Option.none()
    : Option.some({
        id: row.id,
        run: row.run,
        type: row.type,
        priority: priorityOf(row.priority),
        payload: row.payload,
        isStarted: row.is_started === 1,
        attempt: row.attempt,
        isRedelivered: row.redeliver === 1,
        acceptedAt: row.accepted_at,
        dueAt: row.due_at,
        ageMs: row.now - row.accepted_at,
        dueMs: row.now - row.due_at,
        deaths: row.deaths,
        maxAttempts: row.max_attempts ?? undefined,
        timeoutMs: row.timeout_ms ?? undefined,
        backoff: row.backoff === null ? undefined : backoffOf(row.backoff),
        traceparent: row.traceparent ?? undefined,
        tracestate: row.tracestate ?? undefined,
        baggage: row.baggage ?? undefined,
        lastTraceparent: row.last_traceparent ?? undefined,
        replayTraceparent: row.replay_traceparent ?? undefined
      })

export type HeldFenceRow = Pick<HeldRow, "run" | "type" | "priority" | "is_started" | "attempt" | "redeliver"> & {
  readonly id: string
}

export const heldFenceOf = (row: HeldFenceRow): HeldFence => ({
  id: row.id,
  run: row.run,
  type: row.type,
  priority: priorityOf(row.priority),
  isStarted: row.is_started === 1,
  attempt: row.attempt,
  isRedelivered: row.redeliver === 1
})

const decodeBackoff = Schema.decodeUnknownOption(
  Schema.parseJson(
    Schema.Struct({ baseMs: Schema.Number, factor: Schema.Number, maxMs: Schema.Number, jitter: Schema.Number })
  )
)

const backoffOf = (text: string): BackoffSettings | undefined => Option.getOrUndefined(decodeBackoff(text))

export interface CancelledRow {
  readonly id: string
  readonly type: string
  readonly priority: number
  readonly attempt: number
  readonly held_by: string | null
}

export const cancelledOf = (row: CancelledRow): CancelledJob => ({
  id: row.id,
  type: row.type,
  priority: priorityOf(row.priority),
  attempts: row.attempt,
  heldBy: row.held_by ?? undefined
})

interface ReplayedRow {
  readonly id: string
  readonly type: string
  readonly priority: number
}

export const replayedOf = ({ id, priority, type }: ReplayedRow): ReplayedJob => ({
  id,
  type,
  priority: priorityOf(priority)
})

/** How it stands with an end that was not written. */
export interface OutcomeRow {
  readonly id: string
  readonly outcome: Written
}

export interface TakenOverRow {
  readonly outcome: "suspect" | "untouched" | "dead"
}

export const takenOverOf = (rows: ReadonlyArray<TakenOverRow>): TakenOver => {
  const countOf = (outcome: TakenOverRow["outcome"]) => rows.filter((row) => row.outcome === outcome).length
  return { suspects: countOf("suspect"), untouched: countOf("untouched"), dead: countOf("dead") }
}

export interface UncountedRow {
  readonly operation: Uncounted["operation"]
  readonly type: string
  readonly priority: number
  readonly attempts: number
  readonly age_ms: number
  readonly times: number
}

export const uncountedOf = ({
  age_ms: ageMs,
  attempts,
  operation,
  priority,
  times,
  type
}: UncountedRow): Uncounted => ({
  operation,
  type,
  priority: priorityOf(priority),
  attempts,
  ageMs,
  times
})

/** A job of either table; `state` is one of its words. */
export interface StatusRow {
  readonly id: string
  readonly type: string
  readonly state: string
  readonly priority: number
  readonly attempt: number
  readonly accepted_at: number
  readonly due_at: number
  readonly started_at: number | null
  readonly finished_at: number | null
  readonly replays: number
  readonly redeliveries: number
  readonly held_by: string | null
  readonly reason: string | null
  readonly progress: number | null
  readonly progress_note: string | null
  readonly traceparent: string | null
  readonly last_traceparent: string | null
}

export const statusOf = (row: StatusRow, errors: ReadonlyArray<JobFailure>): JobStatus => ({
  id: row.id,
  jobType: row.type,
  state: stateOf(row.state),
  priority: priorityOf(row.priority),
  attempt: row.attempt,
  acceptedAt: row.accepted_at,
  dueAt: row.due_at,
  startedAt: row.started_at ?? undefined,
  finishedAt: row.finished_at ?? undefined,
  replays: row.replays,
  redeliveries: row.redeliveries,
  heldBy: row.held_by ?? undefined,
  reason: row.reason ?? undefined,
  progress: row.progress === null ? undefined : { ratio: row.progress, note: row.progress_note ?? undefined },
  traceparent: row.traceparent ?? undefined,
  lastTraceparent: row.last_traceparent ?? undefined,
  errors
})

export interface FailureRow {
  readonly job_id: string
  readonly attempt: number
  readonly failed_at: number
  readonly reason: string
  readonly message: string
}

/** The failures of each job, in the order of the rows. */
export const failuresOf = (rows: ReadonlyArray<FailureRow>): ReadonlyMap<string, ReadonlyArray<JobFailure>> => {
  const byJob = new Map<string, Array<JobFailure>>()
  for (const { attempt, failed_at: failedAt, job_id: jobId, message, reason } of rows) {
    const of = byJob.get(jobId) ?? []
    of.push({ attempt, failedAt, reason, message })
    byJob.set(jobId, of)
  }
  return byJob
}

export interface EndingRow {
  readonly type: string
  readonly state: string
  readonly attempt: number
  readonly result: string | null
  readonly reason: string | null
  readonly message: string | null
  readonly error: string | null
}

export const endingOf = (row: EndingRow): JobEnding => ({
  jobType: row.type,
  state: stateOf(row.state),
  attempt: row.attempt,
  result: row.result ?? undefined,
  reason: row.reason ?? undefined,
  message: row.message ?? undefined,
  error: row.error ?? undefined
})
