/**
 * The store of jobs with a witness beside it: every fact that the tables accept or refuse is written into the ledger, in
 * the very moment in which the store answers. The store itself, and what the library makes of its answers, stay as they are.
 */
import { JobStore } from "@parametric-portal/server/infra/jobs"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type { Ledger } from "./event-log.ts"

type Store = typeof JobStore.Service

/** Decorates the `JobStore` that it is given. */
export const witnessStore = (ledger: Ledger): Layer.Layer<JobStore, never, JobStore> =>
  Layer.effect(
    JobStore,
    Effect.map(JobStore, (store) => ({ ...store, ...operations(store, ledger), ...attempts(store, ledger) }))
  )

/** What is asked for from outside. */
const operations = (store: Store, ledger: Ledger): Pick<Store, "insert" | "cancel" | "replay"> => ({
  insert: ({ id: job, jobType: type, priority, ...rest }) =>
    timed(store.insert({ id: job, jobType: type, priority, ...rest }), (exit, tookMs) =>
      ledger.write({ _tag: "Submitted", job, type, priority, tookMs, ...answerOf(exit, "interrupted") })
    ),
  cancel: (id) =>
    Effect.flatMap(kindOf(store, id), (kind) =>
      timed(store.cancel(id), (exit, tookMs) => {
        const attempts = Exit.isSuccess(exit) ? Option.getOrElse(exit.value, () => 0) : 0
        const refusal = kind.state === "cancelled" ? "AlreadyCancelled" : "NotFound"
        ledger.write({ _tag: "Cancelled", ...kind.of, attempts, tookMs, ...answerOf(exit, refusal) })
      })
    ),
  replay: (id) =>
    Effect.flatMap(kindOf(store, id), (kind) =>
      timed(store.replay(id), (exit, tookMs) => {
        const refusal = kind.state === "dead" ? "Validation" : "NotFound"
        ledger.write({ _tag: "Replayed", ...kind.of, tookMs, ...answerOf(exit, refusal) })
      })
    )
})

/** What the runner does of its own accord. */
const attempts = (store: Store, ledger: Ledger): Pick<Store, "claim" | "settle"> => ({
  claim: (options) =>
    Effect.tap(store.claim(options), ({ jobs }) =>
      Effect.sync(() => {
        for (const { acceptedAt, attempt, dueAt, id: job, isRedelivered, jobType: type, priority } of jobs) {
          ledger.write({ _tag: "Claimed", job, type, priority, attempt, isRedelivered, acceptedAt, dueAt })
        }
      })
    ),
  settle: (job, settlement) =>
    Effect.tap(store.settle(job, settlement), (isOurs) =>
      Effect.sync(() => {
        const { id, jobType: type, priority } = job
        const reason = "failure" in settlement ? { reason: settlement.failure.reason } : {}
        ledger.write({ _tag: "Settled", job: id, type, priority, as: settlement._tag, isOurs, ...reason })
      })
    )
})

const timed = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  write: (exit: Exit.Exit<A, E>, tookMs: number) => void
): Effect.Effect<A, E, R> =>
  Effect.suspend(() => {
    const began = performance.now()
    return Effect.onExit(effect, (exit) => Effect.sync(() => write(exit, performance.now() - began)))
  })

/** The answer `none` is a refusal, by its own reason; a submission that is refused so is cut short. */
const answerOf = (exit: Exit.Exit<Option.Option<unknown>, unknown>, refusal: string) => {
  if (Exit.isFailure(exit)) return { outcome: "failure" as const, reason: "RunnerUnavailable" }
  if (Option.isSome(exit.value)) return { outcome: "success" as const }
  return refusal === "interrupted"
    ? { outcome: "interrupted" as const }
    : { outcome: "failure" as const, reason: refusal }
}

const kindOf = (store: Store, id: string) =>
  Effect.map(store.find(id), (found) => ({
    state: Option.getOrUndefined(found)?.state,
    of: Option.match(found, {
      onNone: () => ({ job: id, type: "", priority: "" }),
      onSome: ({ jobType: type, priority }) => ({ job: id, type, priority })
    })
  }))
