/**
 * A claim in two statements, for a database in the same process: what is found is put in order and chosen here, which
 * costs less there than a window of SQL and a join.
 */
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import { headStartMs } from "../definition/priority.ts"
import type { ClaimInTwo } from "./dialect.ts"
import type { Claimed, ClaimRequest } from "./operations.ts"
import { claimedOf, type HeldRow, priorityOf } from "./rows.ts"
import type { Session } from "./session.ts"

interface CandidateRow {
  readonly type: string
  readonly priority: number
  /** Pairs of an id and when it is due, as JSON. */
  readonly due: string
}

interface TakenRow {
  readonly id: string
  readonly payload: string
  /** The other columns of a row that is held, as JSON. */
  readonly held: string
}

/** Claims the first jobs of these types. */
export const claimInTwo = (
  { one }: Session,
  { candidates, take }: ClaimInTwo,
  request: ClaimRequest
): Effect.Effect<Claimed, SqlError> =>
  Effect.gen(function* () {
    const rows = yield* one<CandidateRow>(candidates(request))
    const ids = chosenOf(request, rows)
    const taken = ids.length === 0 ? [] : yield* one<TakenRow>(take(request, ids))
    return { jobs: claimedOf(taken.map(heldRowOf)), againMs: undefined }
  })

interface Candidate {
  readonly id: string
  readonly place: number
}

const chosenOf = ({ most, types }: ClaimRequest, rows: ReadonlyArray<CandidateRow>): ReadonlyArray<string> =>
  types
    .flatMap((wanted) =>
      rows
        .filter(({ type }) => type === wanted.type)
        .flatMap(candidatesOf)
        .toSorted(inOrder)
        .slice(0, wanted.most)
    )
    .toSorted(inOrder)
    .slice(0, most)
    .map(({ id }) => id)

const candidatesOf = ({ due, priority }: CandidateRow): ReadonlyArray<Candidate> => {
  const pairs: ReadonlyArray<readonly [id: string, dueAt: number]> = JSON.parse(due)
  const headStart = headStartMs[priorityOf(priority)]
  return pairs.map(([id, dueAt]) => ({ id, place: dueAt + headStart }))
}

const inOrder = (left: Candidate, right: Candidate): number => left.place - right.place || (left.id < right.id ? -1 : 1)

type HeldColumns = readonly [
  run: number,
  type: string,
  priority: number,
  isStarted: number,
  attempt: number,
  redeliver: number,
  deaths: number,
  acceptedAt: number,
  dueAt: number,
  now: number,
  maxAttempts: number | null,
  timeoutMs: number | null,
  backoff: string | null,
  traceparent: string | null,
  tracestate: string | null,
  baggage: string | null,
  lastTraceparent: string | null,
  replayTraceparent: string | null
]

const heldRowOf = ({ held, id, payload }: TakenRow): HeldRow => {
  const columns: HeldColumns = JSON.parse(held)
  const [run, type, priority, started, attempt, redeliver, deaths, accepted, due, now, ...given] = columns
  const [most, timeout, backoff, traceparent, tracestate, baggage, last, replay] = given
  return {
    id,
    run,
    type,
    priority,
    payload,
    is_started: started,
    attempt,
    redeliver,
    deaths,
    accepted_at: accepted,
    due_at: due,
    now,
    max_attempts: most,
    timeout_ms: timeout,
    backoff,
    traceparent,
    tracestate,
    baggage,
    last_traceparent: last,
    replay_traceparent: replay
  }
}
