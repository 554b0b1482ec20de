/** A store of jobs that logs each of its answers, at the moment it gives them. What it does stays the same. */
import { JobStore } from "@parametric-portal/server/infra/jobs"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type { EventLog } from "./event-log.ts"

type Store = typeof JobStore.Service

/** Decorates the `JobStore` that it is given. */
export const recordingStore = (log: EventLog): Layer.Layer<JobStore, never, JobStore> =>
  Layer.effect(
    JobStore,
    Effect.map(JobStore, (store) => ({ ...store, ...clientOperations(store, log), ...runnerOperations(store, log) }))
  )

const clientOperations = (store: Store, log: EventLog): Pick<Store, "insert" | "cancel" | "replay"> => ({
  insert: ({ id: job, jobType: type, priority, ...rest }) =>
    timed(store.insert({ id: job, jobType: type, priority, ...rest }), (exit, tookMs) =>
      log.append({ _tag: "Submitted", job, type, priority, tookMs, ...outcomeOf(exit, "interrupted") })
    ),
  cancel: (id) =>
    Effect.flatMap(lookUp(store, id), ({ identity, state }) =>
      timed(store.cancel(id), (exit, tookMs) => {
        const attempts = Exit.isSuccess(exit) ? Option.getOrElse(exit.value, () => 0) : 0
        const whenNone = state === "cancelled" ? "AlreadyCancelled" : "NotFound"
        log.append({ _tag: "Cancelled", ...identity, attempts, tookMs, ...outcomeOf(exit, whenNone) })
      })
    ),
  replay: (id) =>
    Effect.flatMap(lookUp(store, id), ({ identity, state }) =>
      timed(store.replay(id), (exit, tookMs) => {
        const whenNone = state === "dead" ? "Validation" : "NotFound"
        log.append({ _tag: "Replayed", ...identity, tookMs, ...outcomeOf(exit, whenNone) })
      })
    )
})

const runnerOperations = (store: Store, log: EventLog): Pick<Store, "claim" | "settle"> => ({
  claim: (options) =>
    Effect.tap(store.claim(options), ({ jobs }) =>
      Effect.sync(() => {
        for (const { acceptedAt, attempt, dueAt, id: job, isRedelivered, jobType: type, priority } of jobs) {
          log.append({ _tag: "Claimed", job, type, priority, attempt, isRedelivered, acceptedAt, dueAt })
        }
      })
    ),
  settle: (job, settlement) =>
    Effect.tap(store.settle(job, settlement), (isAccepted) =>
      Effect.sync(() => {
        const { id, jobType: type, priority } = job
        const reason = "failure" in settlement ? { reason: settlement.failure.reason } : {}
        log.append({ _tag: "Settled", job: id, type, priority, as: settlement._tag, isAccepted, ...reason })
      })
    )
})

const timed = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  write: (exit: Exit.Exit<A, E>, tookMs: number) => void
): Effect.Effect<A, E, R> =>
  Effect.suspend(() => {
    const startedAt = performance.now()
    return Effect.onExit(effect, (exit) => Effect.sync(() => write(exit, performance.now() - startedAt)))
  })

/** The store answers `none` when it does not do what was asked; `whenNone` is the outcome or the reason then. */
const outcomeOf = (exit: Exit.Exit<Option.Option<unknown>, unknown>, whenNone: string) => {
  if (Exit.isFailure(exit)) {
    return { outcome: "failure" as const, reason: "RunnerUnavailable" }
  }
  if (Option.isSome(exit.value)) {
    return { outcome: "success" as const }
  }
  return whenNone === "interrupted"
    ? { outcome: "interrupted" as const }
    : { outcome: "failure" as const, reason: whenNone }
}

const lookUp = (store: Store, id: string) =>
  Effect.map(store.find(id), (found) => ({
    state: Option.getOrUndefined(found)?.state,
    identity: Option.match(found, {
      onNone: () => ({ job: id, type: "", priority: "" }),
      onSome: ({ jobType: type, priority }) => ({ job: id, type, priority })
    })
  }))
