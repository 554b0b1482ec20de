/** `JobService`: submits jobs, shows them, waits for them, cancels them, and manages dead letters. */
import type * as Sharding from "@effect/cluster/Sharding"
import type * as Migrator from "@effect/sql/Migrator"
import type * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type { OptionsError } from "../../observe/instrument/options-error.ts"
import type { MetricsService } from "../../observe/metrics.ts"
import { JobCalls } from "./calls.ts"
import { JobsConfig, type JobsOptions, type JobsSettings, settingsAsked } from "./config.ts"
import { JobHandlers } from "./definition/handlers.ts"
import type { Job } from "./definition/job.ts"
import type { JobSchedules } from "./definition/schedules.ts"
import { JobEntityLive } from "./entity-live.ts"
import { JobError } from "./error.ts"
import {
  checkedType,
  countDead,
  type DeadLetterPage,
  list,
  listDead,
  type ListOptions,
  type Page,
  purge,
  type PurgeFinishedOptions,
  type PurgeOptions
} from "./pages.ts"
import { type JobResult, resultOf, settledOf } from "./result.ts"
import { schedules } from "./schedules.ts"
import type { Depth, JobStatus, Oldest, Operations, RunnerStatus } from "./store/operations.ts"
import type { JobState } from "./store/state.ts"
import { countAttribute, idAttribute, submitting } from "./spans.ts"
import { JobStore } from "./store.ts"
import { isInTransaction } from "./transaction.ts"
import { found, reached } from "./submit/refusal.ts"
import { type Replayed, replayMany, type ReplayManyOptions } from "./replay-many.ts"
import { none, type SubmitManyOptions, submissionOf, submissionsOf, type SubmitOptions } from "./submit/submission.ts"

/** The dead letters: jobs that were given up. */
export interface DeadLetters {
  /** A page of them, oldest first unless told. */
  readonly list: (options?: ListOptions) => Effect.Effect<DeadLetterPage, JobError>
  /** Puts one back to work, its attempts counted from the start; `Validation` where a live job has its dedupe key. */
  readonly replay: (id: string) => Effect.Effect<void, JobError>
  /**
   * Puts those that match back to work, all unless told which, each as `replay` does. With `RunnerUnavailable` it stops,
   * and what was replayed until then stays so.
   */
  readonly replayMany: (options?: ReplayManyOptions) => Effect.Effect<Replayed, JobError>
  /** How many match, all unless told which. */
  readonly count: (options?: PurgeOptions) => Effect.Effect<number, JobError>
  /** Removes those that match for good, all unless told which; how many. */
  readonly purge: (options?: PurgeOptions) => Effect.Effect<number, JobError>
}

/**
 * What can be done with jobs. All of it is done by the caller's own client: inside `withTransaction` of the database
 * that has the tables it is committed or rolled back with everything else, and counted by a runner after the commit;
 * inside a transaction of another database it is refused with `Validation`.
 */
export interface Jobs {
  /**
   * Accepts a job, durably, and gives its id; no runner and no handler need be there. After `RunnerUnavailable` it is
   * not known whether the job was accepted; submitting it again with the same dedupe key is safe.
   */
  readonly submit: <Type extends string, P, A, E>(
    job: Job<Type, P, A, E>,
    payload: NoInfer<P>,
    options?: SubmitOptions
  ) => Effect.Effect<string, JobError>
  /**
   * Accepts many jobs in statements of a thousand, and gives their ids in order. Nothing is accepted where one of them
   * is refused. In a transaction all are accepted or none; else each statement is by itself, should the database go
   * away.
   */
  readonly submitMany: <Type extends string, P, A, E>(
    job: Job<Type, P, A, E>,
    payloads: Iterable<NoInfer<P>>,
    options?: SubmitManyOptions<P>
  ) => Effect.Effect<ReadonlyArray<string>, JobError>
  /** A job as it stands; `NotFound` where there is none. */
  readonly status: (id: string) => Effect.Effect<JobStatus, JobError>
  /** The payload of a job as JSON, for people to read. */
  readonly payload: (id: string) => Effect.Effect<string, JobError>
  /** A page of the jobs in a state. */
  readonly list: (state: JobState, options?: ListOptions) => Effect.Effect<Page<JobStatus>, JobError>
  /**
   * Cancels a job that waits or runs; the handler of a running one is interrupted. `AlreadyCancelled` where it was
   * before, `NotFound` where it has ended otherwise.
   */
  readonly cancel: (id: string) => Effect.Effect<void, JobError>
  /** What became of a job until now. */
  readonly result: <Type extends string, P, A, E>(
    job: Job<Type, P, A, E>,
    id: string
  ) => Effect.Effect<JobResult<A, E>, JobError>
  /**
   * Waits for the end of a job: its value, or the handler's own error where the last attempt failed with one, or why
   * else it is dead or cancelled. Refused with `Validation` inside a transaction, which would not see the end.
   */
  readonly awaitResult: <Type extends string, P, A, E>(
    job: Job<Type, P, A, E>,
    id: string
  ) => Effect.Effect<A, E | JobError>
  /** The dead letters: jobs that were given up. */
  readonly deadLetters: DeadLetters
  /** Removes jobs that were completed or cancelled before a time, with their results, for good; how many. */
  readonly purgeFinished: (options: PurgeFinishedOptions) => Effect.Effect<number, JobError>
  /** No job of the type begins on any runner until `resume`; those that run go on, and submits are accepted. */
  readonly pause: (jobType: string) => Effect.Effect<void, JobError>
  /** Lets jobs of the type begin again. */
  readonly resume: (jobType: string) => Effect.Effect<void, JobError>
  /** The types that are paused. */
  readonly paused: Effect.Effect<ReadonlyArray<string>, JobError>
  /** How many jobs of each type stand in each state, the dead ones included. */
  readonly depth: Effect.Effect<ReadonlyArray<Depth>, JobError>
  /** How long the oldest job of each type that could run has waited; none of a type where nothing is ready. */
  readonly oldestReady: Effect.Effect<ReadonlyArray<Oldest>, JobError>
  /** The types that have jobs, ended ones included, or are paused, in alphabetical order. */
  readonly types: Effect.Effect<ReadonlyArray<string>, JobError>
  /** The runners, by name: those that live, and those that were lost less than a lease ago. */
  readonly runners: Effect.Effect<ReadonlyArray<RunnerStatus>, JobError>
  /** The clock that the times of jobs are of, in epoch milliseconds: that of the database. */
  readonly now: Effect.Effect<number, JobError>
}

/** Why the layers of `JobService` could not be built: the database, its migrations, or an option. */
export type JobServiceError = Migrator.MigrationError | SqlError | OptionsError

/** Durable jobs: the table is the queue. */
export class JobService extends Context.Tag("@parametric-portal/server/JobService")<JobService, Jobs>() {
  /**
   * Submits and runs jobs; handlers and schedules are added by layers of their definitions. Makes or migrates the
   * tables. Fails with an `OptionsError` where an option, a name of a table or the pool of connections can't be used.
   */
  static readonly layer = (
    options?: JobsOptions
  ): Layer.Layer<
    JobService | JobHandlers | JobSchedules,
    JobServiceError,
    Sharding.Sharding | SqlClient.SqlClient | MetricsService
  > => layerOf(settingsAsked(options), store)

  /** Submits jobs and runs none; needs no cluster. Makes or migrates the tables, and fails in the same way. */
  static readonly layerClient = (
    options?: JobsOptions
  ): Layer.Layer<JobService, JobServiceError, SqlClient.SqlClient | MetricsService> =>
    byItself(
      service.pipe(
        Layer.provide(JobCalls.layer),
        Layer.provide(store),
        Layer.provide(Layer.effect(JobsConfig, settingsAsked(options)))
      )
    )

  /** Submits jobs to a store that is at hand, as `JobEntityLive` runs them: for who puts something between the two. */
  static readonly layerStore: Layer.Layer<JobService, never, JobStore | MetricsService> = Layer.suspend(() =>
    Layer.provide(service, JobCalls.layer)
  )
}

/**
 * The whole of `JobService.layer` with settings, and over tables: in the benchmark, some that no option can ask for.
 */
export const layerOf = <E, R>(
  settings: Effect.Effect<JobsSettings, OptionsError>,
  tables: Layer.Layer<JobStore, E, R>
): Layer.Layer<
  JobService | JobHandlers | JobSchedules,
  OptionsError | E,
  Sharding.Sharding | SqlClient.SqlClient | MetricsService | R
> =>
  byItself(
    Layer.mergeAll(service, schedules, JobEntityLive).pipe(
      Layer.provideMerge(JobHandlers.layer),
      Layer.provide(JobCalls.layer),
      Layer.provide(tables),
      Layer.provide(Layer.effect(JobsConfig, settings))
    )
  )

/** The parts are the same layers for all options: built fresh, two services have tables, runners and handlers each. */
const byItself = <A, E, R>(layer: Layer.Layer<A, E, R>): Layer.Layer<A, E, R> => {
  const fresh = Layer.fresh(layer)
  // What is fresh is built anew wherever it is used; this is built once.
  return Layer.suspend(() => fresh)
}

const store = Layer.unwrapEffect(
  Effect.map(JobsConfig, ({ schema, tablePrefix }) => JobStore.layer({ schema, tablePrefix }))
)

/** The service over a store; `JobService.layer` brings the store along. */
export const service: Layer.Layer<JobService, never, JobStore | JobCalls> = Layer.effect(
  JobService,
  Effect.gen(function* () {
    const tables = yield* JobStore
    const calls = yield* JobCalls
    const settings = yield* JobsConfig
    return {
      ...reads(tables),
      submit: (job, payload, options = none) =>
        submitting(
          Effect.map(
            calls.submit(
              { type: job.type, priority: options.priority ?? job.priority },
              Effect.suspend(() => submissionOf({ kind: job, payload, options, settings }))
            ),
            ({ id }) => id
          ),
          { jobType: job.type, attributesOf: idAttribute }
        ),
      submitMany: (job, payloads, options = {}) =>
        submitting(
          Effect.map(
            calls.submitMany(
              { type: job.type, priority: options.priority ?? job.priority },
              submissionsOf({ kind: job, payloads, options, settings })
            ),
            (accepted) => accepted.map(({ id }) => id)
          ),
          { jobType: job.type, attributesOf: ({ length }) => countAttribute(length) }
        ),
      cancel: calls.cancel,
      deadLetters: {
        list: (options = {}) => listDead(tables, options),
        replay: calls.replay,
        replayMany: (options = {}) => replayMany({ tables, replay: calls.replayWithin }, options),
        count: (options = {}) => countDead(tables, options),
        purge: (options = {}) => purge(tables, ["dead"], options)
      }
    } satisfies Jobs
  })
)

const reads = (tables: Operations) =>
  ({
    status: (id) => found(id, tables.status(id)),
    payload: (id) => found(id, tables.payload(id)),
    list: (state, options = {}) => list(tables, state, options),
    result: (job, id) => result(tables, job, id),
    awaitResult: (job, id) => awaitResult(tables, job, id),
    purgeFinished: (options) => purge(tables, ["completed", "cancelled"], options),
    pause: (jobType) => Effect.zipRight(checkedType(jobType), reached(tables.setPaused(jobType, true))),
    resume: (jobType) => Effect.zipRight(checkedType(jobType), reached(tables.setPaused(jobType, false))),
    paused: reached(tables.paused),
    depth: reached(Effect.zipWith(tables.depth, tables.dead, (alive, dead) => [...alive, ...dead])),
    oldestReady: reached(tables.oldestWaiting),
    types: reached(typesIn(tables)),
    runners: reached(tables.lives),
    now: reached(tables.now)
  }) satisfies Partial<Jobs>

/** Through indexes, which have the types side by side. */
const typesIn = (tables: Operations) =>
  Effect.map(
    Effect.all([
      tables.waitingTypes,
      tables.paused,
      tables.finishedTypes("completed"),
      tables.finishedTypes("cancelled"),
      tables.finishedTypes("dead")
    ]),
    (found) => Array.from(new Set(found.flat())).toSorted()
  )

const result = <Type extends string, P, A, E>(
  tables: Operations,
  job: Job<Type, P, A, E>,
  id: string
): Effect.Effect<JobResult<A, E>, JobError> =>
  Effect.flatMap(found(id, tables.ending(id)), (ending) => resultOf(job, id, ending))

/** The tables are read again and again: any runner may end the job, and a reader that dies loses nothing. */
const awaitResult = <Type extends string, P, A, E>(
  tables: Operations,
  job: Job<Type, P, A, E>,
  id: string
): Effect.Effect<A, E | JobError> => {
  const look = (pauseMs: number): Effect.Effect<A, E | JobError> =>
    Effect.flatMap(result(tables, job, id), (now) =>
      Option.getOrElse(settledOf(job.type, id, now), () => Effect.delay(look(Math.min(1000, pauseMs * 2)), pauseMs))
    )
  return Effect.flatMap(isInTransaction, (isInside) =>
    isInside
      ? new JobError({
          reason: "Validation",
          message: "A transaction doesn't see how a job ends: wait for its result outside",
          jobId: id,
          jobType: job.type
        })
      : look(20)
  )
}
