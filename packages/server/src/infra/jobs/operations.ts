/**
 * What a lane's entity does to jobs when asked: submit, cancel, replay. Each is tracked around the one statement that
 * makes it true, and can't be interrupted between the two.
 */
import type { SqlError } from "@effect/sql/SqlError"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import * as Option from "effect/Option"
import type { MetricsService } from "../../observe/metrics.ts"
import type { Dispatcher } from "./dispatch.ts"
import { Accepted } from "./entity.ts"
import { JobError } from "./error.ts"
import type { Kind, Recorder } from "./record.ts"
import type { Submission, Waiting } from "./store/accept.ts"
import { certain, isRefused } from "./store/certain.ts"
import type { Found } from "./store/read.ts"
import type { JobStore } from "./store.ts"

/** What the operations work with. */
export interface OperationsOptions {
  readonly store: typeof JobStore.Service
  readonly recorder: Recorder
  readonly dispatcher: Dispatcher
}

/** A call that is made again finds `isRepeated` set: what the first one did, or does, is its answer. */
interface Repeatable {
  readonly isRepeated?: boolean | undefined
}

/** A change of a job that is in the tables. */
interface Change extends Repeatable, Kind {
  readonly id: string
  readonly lane: number
}

/** The operations of one lane. */
export const makeOperations = (options: OperationsOptions) =>
  Effect.map(Effect.makeSemaphore(1), (oneByOne) => {
    const submitOnce = shared<Accepted>()
    const cancelOnce = shared<void>()
    const replayOnce = shared<void>()
    return {
      // Submissions with a key come one after the other, so that the second sees the job of the first.
      submit: (job: Submission & Repeatable) =>
        submitOnce(
          job.id,
          job.dedupeKey === undefined ? submit(options, job) : oneByOne.withPermits(1)(submit(options, job))
        ),
      cancel: (change: Change) => cancelOnce(change.id, unlessDone(options, change, "cancel")(cancel(options, change))),
      replay: (change: Change) => replayOnce(change.id, unlessDone(options, change, "replay")(replay(options, change)))
    }
  })

/** Operations on the same job that meet are one: it runs once, to its end, and each caller has its answer. */
const shared = <A>() => {
  const running = new Map<string, Deferred.Deferred<A, JobError>>()
  return <R>(id: string, operation: Effect.Effect<A, JobError, R>): Effect.Effect<A, JobError, R> =>
    Effect.suspend(() => {
      const before = running.get(id)
      if (before !== undefined) {
        return Deferred.await(before)
      }
      const answer = Deferred.unsafeMake<A, JobError>(FiberId.none)
      running.set(id, answer)
      return Effect.uninterruptible(
        Effect.onExit(operation, (exit) => {
          running.delete(id)
          return Deferred.done(answer, exit)
        })
      )
    })
}

const unlessDone =
  (options: OperationsOptions, { id, isRepeated }: Change, operation: "cancel" | "replay") =>
  <R>(change: Effect.Effect<void, JobError, R>): Effect.Effect<void, JobError, R> =>
    isRepeated === true
      ? Effect.flatMap(find(options, id), (now) => (isDone[operation](now) ? Effect.void : change))
      : change

/** Whether a job stands where the change would put it. */
export const isDone = {
  cancel: ({ state }: Found) => state === "cancelled",
  replay: ({ state }: Found) => state !== "dead"
} as const

const submit = (
  options: OperationsOptions,
  job: Submission & Repeatable
): Effect.Effect<Accepted, JobError, MetricsService> =>
  Effect.gen(function* () {
    const { dispatcher, recorder, store } = options
    const track = recorder.track({ jobType: job.jobType, operation: "submit", priority: job.priority })
    // What fails before anything is written is tracked as the failure that it is; a duplicate is no submission.
    const orTracked = Effect.catchAll((error: JobError) => track(Effect.fail(error)))
    if (!(yield* dispatcher.isHandled(job.jobType))) {
      return yield* track(handlerMissing(job))
    }
    if (job.isRepeated === true && (yield* orTracked(reached(store.isKnown(job.id))))) {
      return accepted(job.id)
    }
    const before = yield* orTracked(duplicateOf(options, job))
    if (Option.isSome(before)) {
      return before.value
    }
    const waiting = yield* insert(options, job)
    if (Option.isSome(waiting)) {
      yield* dispatcher.waiting(waiting.value)
      return accepted(job.id)
    }
    // Not ours: this very submission was accepted before, or another lane has just got a job with the same key.
    const after = yield* orTracked(duplicateOf(options, job))
    if (Option.isSome(after)) {
      return after.value
    }
    // The job with the key may have ended meanwhile.
    return (yield* orTracked(reached(store.isKnown(job.id)))) ? accepted(job.id) : yield* submit(options, job)
  })

const accepted = (id: string): Accepted => new Accepted({ id, isDuplicate: false })

/** The live job with the same key: this submission is its duplicate, unless it is itself that job. */
const duplicateOf = (
  { recorder, store }: OperationsOptions,
  job: Submission
): Effect.Effect<Option.Option<Accepted>, JobError> =>
  job.dedupeKey === undefined
    ? Effect.succeedNone
    : Effect.gen(function* () {
        const live = yield* reached(store.findLive(job.jobType, job.dedupeKey ?? ""))
        if (Option.isNone(live) || live.value === job.id) {
          return Option.map(live, accepted)
        }
        yield* recorder.duplicate(job)
        return Option.some(new Accepted({ id: live.value, isDuplicate: true }))
      })

/** Nothing when the job is in the tables already; such a submission is tracked as one that was cut short. */
const insert = (
  { recorder, store }: OperationsOptions,
  job: Submission
): Effect.Effect<Option.Option<Waiting>, JobError, MetricsService> => {
  const { deliverAt = 0, id, jobType, lane, priority } = job
  const known = Effect.map(store.isKnown(id), (is) =>
    is ? Option.some({ jobType, lane, priority, dueAt: deliverAt }) : Option.none()
  )
  return ours(
    recorder.track({ jobType, operation: "submit", priority })(
      Effect.flatMap(reached(certain(store.insert(job), known)), orInterrupt)
    )
  )
}

const cancel = (options: OperationsOptions, job: Change): Effect.Effect<void, JobError, MetricsService> =>
  Effect.gen(function* () {
    const { dispatcher, recorder, store } = options
    const { id } = job
    const attempts = yield* Effect.flatMap(
      reached(certain(store.cancel(id), wasMade(options, id, { state: "cancelled", value: 0 }))),
      Option.match({ onNone: () => notAlive(options, id), onSome: Effect.succeed })
    ).pipe(recorder.track({ jobType: job.jobType, operation: "cancel", priority: job.priority }))
    if (attempts > 0) {
      yield* recorder.attempts(job, attempts)
    }
    yield* dispatcher.cancelled(job.lane, id)
  })

const replay = (options: OperationsOptions, job: Change): Effect.Effect<void, JobError, MetricsService> =>
  Effect.gen(function* () {
    const { dispatcher, recorder, store } = options
    const { id } = job
    const { jobType, lane, priority } = job
    const waiting: Waiting = { jobType, lane, priority, dueAt: 0 }
    const put = yield* Effect.flatMap(
      reached(certain(store.replay(id), wasMade(options, id, { state: "ready", value: waiting }))),
      Option.match({ onNone: () => notDead(options, id), onSome: Effect.succeed })
    ).pipe(recorder.track({ jobType: job.jobType, operation: "replay", priority: job.priority }))
    yield* dispatcher.waiting(put)
  })

const find = ({ store }: OperationsOptions, id: string): Effect.Effect<Found, JobError> =>
  Effect.flatMap(reached(store.find(id)), Option.match({ onNone: () => notFound(id), onSome: Effect.succeed }))

/** After a lost answer: whether the job stands where the write puts it. */
const wasMade = <A>(
  { store }: OperationsOptions,
  id: string,
  { state, value }: { readonly state: Found["state"]; readonly value: A }
): Effect.Effect<Option.Option<A>, SqlError> =>
  Effect.map(store.find(id), (found) =>
    found._tag === "Some" && found.value.state === state ? Option.some(value) : Option.none()
  )

const orInterrupt = <A>(found: Option.Option<A>): Effect.Effect<A> =>
  Option.match(found, { onNone: () => Effect.interrupt, onSome: Effect.succeed })

const ours = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<Option.Option<A>, E, R> =>
  Effect.flatMap(Effect.exit(effect), (exit) =>
    Exit.isInterrupted(exit) ? Effect.succeedNone : Effect.map(exit, Option.some)
  )

/** The store's failures as the caller sees them: what it asked for may be asked for again, unless it makes no sense. */
export const reached = <A>(effect: Effect.Effect<A, SqlError>): Effect.Effect<A, JobError> =>
  Effect.mapError(effect, (cause) =>
    isRefused(cause)
      ? new JobError({ reason: "Validation", message: "The store of jobs does not take these values", cause })
      : new JobError({ reason: "RunnerUnavailable", message: "The store of jobs can't be reached", cause })
  )

export const notFound = (jobId: string): Effect.Effect<never, JobError> =>
  new JobError({ reason: "NotFound", message: `There is no job ${jobId}`, jobId })

const handlerMissing = ({ jobType }: Submission): Effect.Effect<never, JobError> =>
  new JobError({
    reason: "HandlerMissing",
    message: `No handler of the job type "${jobType}" runs here; add its layer to the runner`,
    jobType
  })

const notAlive = (options: OperationsOptions, jobId: string): Effect.Effect<never, JobError> =>
  Effect.flatMap(find(options, jobId), ({ jobType, state }) =>
    state === "cancelled"
      ? new JobError({ reason: "AlreadyCancelled", message: "The job was cancelled before", jobId, jobType })
      : new JobError({ reason: "NotFound", message: `The job is ${state}: nothing is left to cancel`, jobId, jobType })
  )

const notDead = (options: OperationsOptions, jobId: string): Effect.Effect<never, JobError> =>
  Effect.flatMap(find(options, jobId), ({ jobType, state }) =>
    state === "dead"
      ? new JobError({ reason: "Validation", message: "A live job has the same dedupe key", jobId, jobType })
      : new JobError({ reason: "NotFound", message: `The job is ${state}, not a dead letter`, jobId, jobType })
  )
