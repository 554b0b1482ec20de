/**
 * What can be done to the tables of jobs, whatever the dialect. Times that go in are durations or epoch milliseconds of
 * the caller; times that come out are those of the database's clock. Every operation is one statement or one
 * transaction.
 */
import type { SqlError } from "@effect/sql/SqlError"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type { BackoffSettings } from "../definition/backoff.ts"
import type { ClusterLimits } from "../definition/limits.ts"
import type { Priority } from "../definition/priority.ts"
import type { Fence, HeldFence, HeldJob } from "./held-job.ts"
import type { OtherDatabase } from "./other-database.ts"
import type { Depth, JobEnding, JobStatus, Oldest, PageRequest, RunnerStatus, Slots } from "./readings.ts"

export type { Fence, HeldFence, HeldJob } from "./held-job.ts"
export type { Depth, JobEnding, JobFailure, JobStatus, Oldest, PageRequest, RunnerStatus } from "./readings.ts"

/** A job to be accepted. */
export interface NewJob {
  /** A UUID of version 7, which nothing reads a time from. */
  readonly id: string
  readonly type: string
  /** From 0 to 32,767. */
  readonly partition: number
  readonly priority: Priority
  readonly payload: string
  readonly dedupeKey?: string | undefined
  /** While this period lasts, from the first of them on, another one with this key is its duplicate, dead or alive. */
  readonly unique?: { readonly key: string; readonly forMs: number } | undefined
  /** Not before so many milliseconds have passed; wins over `at`. */
  readonly delayMs?: number | undefined
  /** Not before this time, in epoch milliseconds. */
  readonly at?: number | undefined
  readonly maxAttempts?: number | undefined
  readonly timeoutMs?: number | undefined
  readonly backoff?: BackoffSettings | undefined
  /** Whether claims of it keep to limits of the cluster, and which of them. */
  readonly isLimited: boolean
  readonly limitKey?: string | undefined
  /** The W3C trace context that it was submitted in. */
  readonly traceparent?: string | undefined
  readonly tracestate?: string | undefined
  /** What is carried with it, as W3C Baggage writes it. */
  readonly baggage?: string | undefined
}

/** What became of a submission: its own id, or that of the job that it is a duplicate of. */
export interface AcceptedJob {
  readonly id: string
  readonly isDuplicate: boolean
}

/** A cancelled job. */
export interface CancelledJob {
  readonly id: string
  readonly type: string
  readonly priority: Priority
  readonly attempts: number
  /** The life of the runner that held it. */
  readonly heldBy: string | undefined
}

/** A dead letter that was put back to work. */
export interface ReplayedJob {
  readonly id: string
  readonly type: string
  readonly priority: Priority
}

/**
 * What a caller's transaction has done, or jobs that were lost, so often: counted by whoever takes it from the tables.
 */
export interface Uncounted {
  readonly operation: "submit" | "duplicate" | "cancel" | "replay" | "lose"
  readonly type: string
  readonly priority: Priority
  /** Of a job that has ended and had begun. */
  readonly attempts: number
  /** How long ago a lost job was accepted. */
  readonly ageMs: number
  readonly times: number
}

/** What a runner may take of one type. */
export interface TypeClaim {
  readonly type: string
  /** At most so many. */
  readonly most: number
}

/** What a runner claims. */
export interface ClaimRequest {
  readonly runnerId: string
  readonly leaseMs: number
  /** How many partitions there are. */
  readonly partitions: number
  /** Those that this runner owns; undefined for all. */
  readonly owned: ReadonlyArray<number> | undefined
  readonly types: ReadonlyArray<TypeClaim>
  /** At most so many in all. */
  readonly most: number
}

/** What was claimed, and in how many milliseconds limits let more begin; undefined where none hold anything back. */
export interface Claimed {
  readonly jobs: ReadonlyArray<HeldJob>
  readonly againMs: number | undefined
}

/** What is kept of a failed attempt. */
export interface FailureRecord {
  readonly reason: string
  readonly message: string
  /** The typed error as JSON, where there is one. */
  readonly encoded?: string | undefined
}

/** How a run ended. */
export type Settlement =
  | { readonly _tag: "Completed"; readonly result: string }
  | { readonly _tag: "Retrying"; readonly failure: FailureRecord; readonly pauseMs: number }
  | { readonly _tag: "Dead"; readonly failure: FailureRecord }
  /** Given back by its runner: what had begun is redelivered, what was not marked as started waits as before. */
  | { readonly _tag: "Released" }
  /** Marked as started and given back before it began: it waits as before its claim. */
  | { readonly _tag: "Returned" }

/** An end to be written. */
export interface End extends Fence {
  readonly attempt: number
  readonly settlement: Settlement
  /** The span of the attempt, where it has ended; kept where the job may run again. */
  readonly traceparent?: string | undefined
}

/**
 * What became of an end: written, or lost to another run or a cancellation, or its row is locked by another session.
 */
export type Written = "written" | "lost" | "locked"

/** What was found of jobs whose runner is gone. */
export interface TakenOver {
  /** Suspects: they had begun, and wait to run again alone. */
  readonly suspects: number
  /** They had not begun, and wait as before. */
  readonly untouched: number
  /** They lost too many runners alone; it is written down to be counted. */
  readonly dead: number
}

/** Which finished jobs to remove. */
export interface PurgeRequest {
  readonly state: "completed" | "cancelled" | "dead"
  readonly type?: string | undefined
  readonly ids?: ReadonlyArray<string> | undefined
  /** Finished before this time, in epoch milliseconds of the caller, or before so many milliseconds ago. */
  readonly before?: number | undefined
  readonly olderThanMs?: number | undefined
}

type Run<A> = Effect.Effect<A, SqlError>

/** Of the client of whoever asks: in their transaction, which may be one of another database. */
type Asked<A> = Effect.Effect<A, SqlError | OtherDatabase>

/**
 * What callers do. In their transaction where they have one: then it is also written down to be counted by a runner.
 */
export interface CallerOperations {
  /** In the order given. One statement for all, and a second look for those that were there before. */
  readonly insert: (jobs: ReadonlyArray<NewJob>, options: CallOptions) => Asked<ReadonlyArray<AcceptedJob>>
  /** Whether the job was accepted, after an answer that was lost. */
  readonly isKnown: (id: string) => Asked<boolean>
  readonly cancel: (id: string, options: CallOptions) => Asked<Option.Option<CancelledJob>>
  readonly replay: (id: string, options: CallOptions) => Asked<Option.Option<ReplayedJob>>
  /** The job as a change with this token has left it, after an answer that was lost. */
  readonly changed: (kind: "cancel" | "replay", id: string, token: string) => Asked<Option.Option<CancelledJob>>
  /** At most a thousand, and their errors; how many there were. All of `ids`, where they are given. */
  readonly purge: (request: PurgeRequest) => Asked<number>
  /** The types that have jobs which ended so. */
  readonly finishedTypes: (state: PurgeRequest["state"]) => Asked<ReadonlyArray<string>>
  /** Forgets keys that are not unique any more, at most a thousand; how many there were. */
  readonly purgeKeys: Asked<number>
  readonly setPaused: (type: string, isPaused: boolean) => Asked<void>
  readonly paused: Asked<ReadonlyArray<string>>
}

/** How a caller's operation is made. */
export interface CallOptions {
  /** Inside the caller's transaction. */
  readonly isInTransaction: boolean
  /** Whether runners are told, on PostgreSQL. */
  readonly hint: boolean
  /** Fails soon where another transaction has a key of these and does not end, with a lock that is not available. */
  readonly isHasty?: boolean | undefined
  /** By which a change is found again. */
  readonly token?: string | undefined
  /** The span that a dead letter is replayed in. */
  readonly traceparent?: string | undefined
}

/** What runners do. */
export interface RunnerOperations {
  /** The most rows that a statement of a runner should have: few where the driver blocks the process meanwhile. */
  readonly groupSize: number
  /**
   * The channel that hints arrive on, where the database has such. A hint is `c <id>` for a job that was cancelled
   * while it was held, and anything else, such as `1`, to look for work; never empty, for the client drops what is.
   */
  readonly hintChannel: string | undefined
  /** The hint of what is committed by these operations: of that, runners of this process are told directly. */
  readonly ownHint: string | undefined
  readonly begin: (runner: { readonly id: string; readonly name: string } & Slots) => Run<void>
  /** Whether this life goes on. */
  readonly beat: (runner: { readonly id: string; readonly leaseMs: number } & Slots) => Run<boolean>
  readonly finish: (runnerId: string) => Run<void>
  /** They are marked as started, for they begin within milliseconds: no more is claimed than that. */
  readonly claim: (request: ClaimRequest) => Run<Claimed>
  /** In how many milliseconds the next job of these types is due; undefined where none waits for its time. */
  readonly nextDue: (types: ReadonlyArray<string>) => Run<number | undefined>
  /** One type with limits across the cluster. */
  readonly claimLimited: (request: ClaimRequest, limits: ClusterLimits) => Run<Claimed>
  /**
   * The suspect that died least often, if there is one, not marked as started yet; of one type where that has limits.
   */
  readonly claimSuspect: (request: Omit<ClaimRequest, "most">, limits?: ClusterLimits) => Run<Option.Option<HeldJob>>
  /** Marks suspects as started, alone or not; those of them that are still held. */
  readonly start: (
    runnerId: string,
    fences: ReadonlyArray<Fence>,
    isAlone: boolean
  ) => Run<ReadonlyArray<HeldJob["id"]>>
  /** It is not alone any more. */
  readonly acquit: (runnerId: string, fence: Fence) => Run<void>
  /**
   * In the order given. Made again after an answer that was lost, it says `written` of what the same run has written
   * before.
   */
  readonly end: (runnerId: string, ends: ReadonlyArray<End>) => Run<ReadonlyArray<Written>>
  readonly progress: (
    runnerId: string,
    fence: Fence,
    ...progress: readonly [ratio: number, note: string | undefined]
  ) => Run<boolean>
  /** All that this runner holds. */
  readonly held: (runnerId: string) => Run<ReadonlyArray<HeldFence>>
  /** At most five hundred. */
  readonly takeOver: (leaseMs: number, maxLosses: number) => Run<TakenOver>
  /** At most a thousand rows, each for one runner only; none for one whose life is over. */
  readonly takeUncounted: (runnerId: string) => Run<ReadonlyArray<Uncounted>>
}

/** What is read. */
export interface ReadOperations {
  readonly status: (id: string) => Asked<Option.Option<JobStatus>>
  readonly ending: (id: string) => Asked<Option.Option<JobEnding>>
  readonly payload: (id: string) => Asked<Option.Option<string>>
  /** That of the submit of the job which has this key for a period. */
  readonly traceparentByKey: (type: string, key: string) => Asked<string | undefined>
  readonly page: (request: PageRequest) => Asked<ReadonlyArray<JobStatus>>
  readonly depth: Asked<ReadonlyArray<Depth>>
  readonly dead: Asked<ReadonlyArray<Depth>>
  readonly oldestWaiting: Asked<ReadonlyArray<Oldest>>
  readonly oldestDead: Asked<ReadonlyArray<Oldest>>
  readonly countFinished: (request: PurgeRequest) => Asked<number>
  readonly lives: Asked<ReadonlyArray<RunnerStatus>>
  readonly now: Asked<number>
  /** The types of jobs that wait or run. */
  readonly waitingTypes: Asked<ReadonlyArray<string>>
}

/** The tables of jobs. */
export interface Operations extends CallerOperations, RunnerOperations, ReadOperations {}
