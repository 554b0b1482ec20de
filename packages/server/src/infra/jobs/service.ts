/** `JobService`: submits jobs, shows them, waits for them, cancels them, and manages dead letters. */
import type * as Sharding from "@effect/cluster/Sharding"
import type * as Migrator from "@effect/sql/Migrator"
import type * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { MetricsService } from "../../observe/metrics.ts"
import { called } from "./call.ts"
import { JobsConfig, type JobsOptions, type JobsSettings, settingsAsked } from "./config.ts"
import { JobEntity } from "./entity.ts"
import { JobEntityLive } from "./entity-live.ts"
import type { JobError } from "./error.ts"
import { JobHandlers } from "./handlers.ts"
import type { Job } from "./job.ts"
import { laneId } from "./lane-id.ts"
import { isDone, notFound, reached } from "./operations.ts"
import type { OptionsError } from "../../observe/instrument/options-error.ts"
import { pageAsked, purgeAsked } from "./questions.ts"
import { makeRecorder, type Recorder } from "./record.ts"
import { type JobResult, resultOf, settledOf } from "./result.ts"
import type { PurgeFinishedOptions, PurgeOptions } from "./store/accept.ts"
import type { DeadLetterPage, ListOptions } from "./store/dead-letters.ts"
import type { Depth } from "./store/depth.ts"
import type { JobStatus } from "./store/read.ts"
import { JobStore } from "./store.ts"
import { type Order, submissionOf, type SubmitOptions } from "./submission.ts"

/** The dead letters: jobs that were given up. */
export interface DeadLetters {
  /** A page of them, oldest first. */
  readonly list: (options?: ListOptions) => Effect.Effect<DeadLetterPage, JobError>
  /** Puts one back to work, its attempts counted from the start. */
  readonly replay: (id: string) => Effect.Effect<void, JobError>
  /** Removes those that match for good, all unless told which; how many. */
  readonly purge: (options?: PurgeOptions) => Effect.Effect<number, JobError>
}

/** What can be done with jobs. */
export interface Jobs {
  /**
   * Accepts a job, durably, and gives its id. Not inside a transaction of one's own: the runner of the job writes it, in
   * a transaction of its own. After `RunnerUnavailable` it is not known whether the job was accepted; submitting it again
   * with the same dedupe key is safe.
   */
  readonly submit: <Type extends string, P, A, E>(
    job: Job<Type, P, A, E>,
    payload: NoInfer<P>,
    options?: SubmitOptions
  ) => Effect.Effect<string, JobError>
  readonly status: (id: string) => Effect.Effect<JobStatus, JobError>
  /** Cancels a job that waits or runs; the handler of a running one is interrupted. */
  readonly cancel: (id: string) => Effect.Effect<void, JobError>
  /** What became of a job until now. */
  readonly result: <Type extends string, P, A, E>(
    job: Job<Type, P, A, E>,
    id: string
  ) => Effect.Effect<JobResult<A, E>, JobError>
  /**
   * Waits for the end of a job: its value, or the handler's own error where the last attempt failed with one, or why
   * else it is dead or cancelled.
   */
  readonly awaitResult: <Type extends string, P, A, E>(
    job: Job<Type, P, A, E>,
    id: string
  ) => Effect.Effect<A, E | JobError>
  readonly deadLetters: DeadLetters
  /** Removes jobs that were completed or cancelled before a time, with their results, for good; how many. */
  readonly purgeFinished: (options: PurgeFinishedOptions) => Effect.Effect<number, JobError>
  /** How many jobs of each type stand in each state, the dead ones included. */
  readonly depth: Effect.Effect<ReadonlyArray<Depth>, JobError>
}

type Client = Effect.Effect.Success<typeof JobEntity.client>

interface Parts {
  readonly store: typeof JobStore.Service
  readonly client: Client
  readonly recorder: Recorder
  readonly settings: JobsSettings
}

/** Durable jobs on the entities of a cluster. */
export class JobService extends Context.Tag("@parametric-portal/server/JobService")<JobService, Jobs>() {
  /** Submits and runs jobs; handlers are added by the `toLayer` of their definitions. */
  static readonly layer = (
    options?: JobsOptions
  ): Layer.Layer<
    JobService | JobHandlers,
    Migrator.MigrationError | SqlError | OptionsError,
    Sharding.Sharding | SqlClient.SqlClient | MetricsService
  > =>
    Layer.merge(service, JobEntityLive).pipe(
      Layer.provideMerge(JobHandlers.layer),
      Layer.provide(JobStore.layer),
      Layer.provide(Layer.effect(JobsConfig, settingsAsked(options)))
    )

  /** Submits jobs and runs none: for a process that is not a runner. */
  static readonly layerClient = (
    options?: JobsOptions
  ): Layer.Layer<
    JobService,
    Migrator.MigrationError | SqlError | OptionsError,
    Sharding.Sharding | SqlClient.SqlClient | MetricsService
  > => service.pipe(Layer.provide(JobStore.layer), Layer.provide(Layer.effect(JobsConfig, settingsAsked(options))))
}

/** The service over a store; `JobService.layer` brings the store along. */
export const service: Layer.Layer<JobService, never, JobStore | Sharding.Sharding | MetricsService> = Layer.effect(
  JobService,
  Effect.gen(function* () {
    const parts: Parts = {
      store: yield* JobStore,
      client: yield* JobEntity.client,
      recorder: yield* makeRecorder,
      settings: yield* JobsConfig
    }
    const { store } = parts
    const metrics = yield* MetricsService
    return {
      submit: (job, payload, options = {}) =>
        Effect.provideService(submit(parts, { job, payload, options }), MetricsService, metrics),
      status: (id) => found(id, store.status(id)),
      cancel: (id) => change(parts, id, "cancel"),
      result: (job, id) => result(parts, job, id),
      awaitResult: (job, id) => awaitResult(parts, job, id),
      deadLetters: {
        list: (options = {}) => Effect.flatMap(pageAsked(options), (page) => reached(store.listDead(page))),
        replay: (id) => change(parts, id, "replay"),
        purge: (options = {}) => Effect.flatMap(purgeAsked(options), (which) => reached(store.purge(which)))
      },
      purgeFinished: (options) =>
        Effect.zipRight(
          purgeAsked(options),
          Effect.suspend(() => reached(store.purgeFinished(options)))
        ),
      depth: reached(Effect.zipWith(store.depth, store.dead, (alive, dead) => [...alive, ...dead]))
    } satisfies Jobs
  })
)

const submit = <Type extends string, P, A, E>(
  parts: Parts,
  order: Order<Type, P, A, E>
): Effect.Effect<string, JobError, MetricsService> =>
  Effect.gen(function* () {
    const { client, recorder, settings } = parts
    const { job, options } = order
    const priority = options.priority ?? job.priority
    const submission = yield* Effect.matchEffect(submissionOf(order, settings), {
      // It never reaches a lane, so it is counted here.
      onFailure: (error) => recorder.track({ jobType: job.type, operation: "submit", priority })(Effect.fail(error)),
      onSuccess: Effect.succeed
    })
    const { id } = yield* called(settings, (isRepeated) =>
      client(laneId(submission.lane)).submit({ ...submission, isRepeated })
    )
    return id
  })

const found = <A>(id: string, read: Effect.Effect<Option.Option<A>, SqlError>): Effect.Effect<A, JobError> =>
  Effect.flatMap(
    reached(read),
    Option.match({ onNone: () => notFound(id), onSome: (value: A) => Effect.succeed(value) })
  )

/** A change of one job by its lane. Made again, it is done if the job stands already where the change would put it. */
const change = (
  { client, settings, store }: Parts,
  id: string,
  operation: "cancel" | "replay"
): Effect.Effect<void, JobError> =>
  Effect.flatMap(found(id, store.find(id)), ({ jobType, lane, priority }) => {
    const make = (isRepeated: boolean) => client(laneId(lane))[operation]({ id, jobType, priority, isRepeated })
    return called(settings, (isRepeated) =>
      isRepeated
        ? Effect.flatMap(found(id, store.find(id)), (now) => (isDone[operation](now) ? Effect.void : make(true)))
        : make(false)
    )
  })

const result = <Type extends string, P, A, E>(
  { store }: Parts,
  job: Job<Type, P, A, E>,
  id: string
): Effect.Effect<JobResult<A, E>, JobError> =>
  Effect.flatMap(found(id, store.ending(id)), (ending) => resultOf(job, id, ending))

/** The tables are read again and again: any runner may end the job, and a reader that dies loses nothing. */
const awaitResult = <Type extends string, P, A, E>(
  parts: Parts,
  job: Job<Type, P, A, E>,
  id: string
): Effect.Effect<A, E | JobError> => {
  const look = (pauseMs: number): Effect.Effect<A, E | JobError> =>
    Effect.flatMap(result(parts, job, id), (now) =>
      Option.getOrElse(settledOf(job.type, id, now), () => Effect.delay(look(Math.min(1000, pauseMs * 2)), pauseMs))
    )
  return Effect.suspend(() => look(20))
}
