/**
 * Tables of jobs that log each of their answers, at the moment they give them. What they do stays the same. What the
 * transactions of callers do is not logged: the server has none.
 */
import { JobStore } from "@parametric-portal/server/infra/jobs"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type { EventLog } from "./event-log.ts"

type Store = typeof JobStore.Service

type HeldJob = Effect.Effect.Success<ReturnType<Store["claim"]>>["jobs"][number]

/** Decorates the `JobStore` that it is given. */
export const recordingStore = (log: EventLog): Layer.Layer<JobStore, never, JobStore> =>
  Layer.effect(
    JobStore,
    Effect.map(JobStore, (store) => ({ ...store, ...callerOperations(store, log), ...runnerOperations(store, log) }))
  )

const callerOperations = (store: Store, log: EventLog): Pick<Store, "insert" | "cancel" | "replay" | "purge"> => ({
  insert: (jobs, options) =>
    timed(store.insert(jobs, options), (exit, tookMs) => {
      for (const [index, { id, priority, type }] of jobs.entries()) {
        const accepted = Exit.isSuccess(exit) ? exit.value[index] : undefined
        if (accepted?.isDuplicate === true) {
          log.append({ _tag: "Duplicate", job: accepted.id, type, priority })
        } else {
          log.append({ _tag: "Submitted", job: id, type, priority, tookMs, ...outcomeOf(exit) })
        }
      }
    }),
  cancel: (id, options) =>
    Effect.flatMap(lookUp(store, id), ({ identity, state }) =>
      timed(store.cancel(id, options), (exit, tookMs) => {
        const attempts = Exit.isSuccess(exit) ? Option.match(exit.value, { onNone: () => 0, onSome: attemptsOf }) : 0
        const whenNone = state === "cancelled" ? "AlreadyCancelled" : "NotFound"
        log.append({ _tag: "Cancelled", ...identity, attempts, tookMs, ...changeOutcomeOf(exit, whenNone) })
      })
    ),
  replay: (id, options) =>
    Effect.flatMap(lookUp(store, id), ({ identity, state }) =>
      timed(store.replay(id, options), (exit, tookMs) => {
        const whenNone = state === "dead" ? "Validation" : "NotFound"
        log.append({ _tag: "Replayed", ...identity, tookMs, ...changeOutcomeOf(exit, whenNone) })
      })
    ),
  purge: (request) =>
    request.state === "dead" && request.olderThanMs === undefined
      ? Effect.flatMap(chosen(store, request), (ids) =>
          Effect.tap(store.purge({ ...request, ids }), () =>
            Effect.forEach(ids, (job) =>
              then(store.status(job), (left) => {
                if (Option.isNone(left)) {
                  log.append({ _tag: "Deleted", job })
                }
              })
            )
          )
        )
      : store.purge(request)
})

/** As many as the store removes at once. */
const mostPurged = 1000

/** The ids of the dead letters that a purge is about, which says how many it removed and not which. */
const chosen = (store: Store, { before = Number.POSITIVE_INFINITY, ids, type }: Parameters<Store["purge"]>[0]) =>
  ids === undefined
    ? Effect.map(store.page({ state: "dead", type, limit: mostPurged }), (page) =>
        page.filter(({ finishedAt = 0 }) => finishedAt < before).map(({ id }) => id)
      )
    : Effect.succeed(ids)

const attemptsOf = ({ attempts }: { readonly attempts: number }): number => attempts

const runnerOperations = (
  store: Store,
  log: EventLog
): Pick<Store, "claim" | "claimLimited" | "claimSuspect" | "start" | "end"> => {
  /** What this process has claimed and not settled, by id. A job that it lost stays until it is claimed again. */
  const held = new Map<string, HeldJob>()
  const started = ({ attempt, id: job, isRedelivered, priority, type }: HeldJob) =>
    log.append({ _tag: "Started", job, type, priority, attempt, isRedelivered })
  const claimed = (jobs: ReadonlyArray<HeldJob>) => {
    for (const job of jobs) {
      const { ageMs, dueMs, id, priority, type } = job
      held.set(id, job)
      log.append({ _tag: "Claimed", job: id, type, priority, ageMs, dueMs })
      if (job.isStarted) {
        started(job)
      }
    }
  }
  return {
    claim: (request) => then(store.claim(request), ({ jobs }) => claimed(jobs)),
    claimLimited: (request, limits) => then(store.claimLimited(request, limits), ({ jobs }) => claimed(jobs)),
    claimSuspect: (request, limits) => then(store.claimSuspect(request, limits), (job) => claimed(Option.toArray(job))),
    start: (runnerId, fences, isAlone) =>
      then(store.start(runnerId, fences, isAlone), (ids) => ids.flatMap((id) => held.get(id) ?? []).forEach(started)),
    end: (runnerId, ends) =>
      then(store.end(runnerId, ends), (written) => {
        for (const [index, { id, settlement }] of ends.entries()) {
          const job = held.get(id)
          // What another session has locked is tried again.
          if (job === undefined || written[index] === "locked") {
            continue
          }
          const { priority, type } = job
          const reason = "failure" in settlement ? { reason: settlement.failure.reason } : {}
          const isAccepted = written[index] === "written"
          log.append({ _tag: "Settled", job: id, type, priority, as: settlement._tag, isAccepted, ...reason })
          held.delete(id)
        }
      })
  }
}

const then = <A, E>(effect: Effect.Effect<A, E>, write: (value: A) => void): Effect.Effect<A, E> =>
  Effect.tap(effect, (value) => Effect.sync(() => write(value)))

const timed = <A, E>(
  effect: Effect.Effect<A, E>,
  write: (exit: Exit.Exit<A, E>, tookMs: number) => void
): Effect.Effect<A, E> =>
  Effect.suspend(() => {
    const startedAt = performance.now()
    return Effect.onExit(effect, (exit) => Effect.sync(() => write(exit, performance.now() - startedAt)))
  })

const outcomeOf = (exit: Exit.Exit<unknown, unknown>) =>
  Exit.isSuccess(exit) ? { outcome: "success" as const } : { outcome: "failure" as const, reason: "RunnerUnavailable" }

/** The store answers `none` when it does not do what was asked; `whenNone` is the reason then. */
const changeOutcomeOf = (exit: Exit.Exit<Option.Option<unknown>, unknown>, whenNone: string) =>
  Exit.isSuccess(exit) && Option.isNone(exit.value)
    ? { outcome: "failure" as const, reason: whenNone }
    : outcomeOf(exit)

const lookUp = (store: Store, id: string) =>
  Effect.map(store.status(id), (found) => ({
    state: Option.getOrUndefined(found)?.state,
    identity: Option.match(found, {
      onNone: () => ({ job: id, type: "", priority: "" }),
      onSome: ({ jobType: type, priority }) => ({ job: id, type, priority })
    })
  }))
