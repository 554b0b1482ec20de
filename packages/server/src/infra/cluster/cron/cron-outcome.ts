/** How a job of `ClusterCron` ended. Upstream only logs a failed job, so the handler of its message always succeeds. */
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import * as GlobalValue from "effect/GlobalValue"
import type { Outcome } from "../../../observe/catalogue/outcome.ts"

/** The job sets it, and the watch of the handler reads it. */
export interface CronOutcome {
  job: Outcome | undefined
}

/** The outcome of the handler that runs now; `undefined` outside of a watched cron. */
export const cronOutcome: FiberRef.FiberRef<CronOutcome | undefined> = GlobalValue.globalValue(
  Symbol.for("@parametric-portal/server/cronOutcome"),
  () => FiberRef.unsafeMake<CronOutcome | undefined>(undefined)
)

/** The prefix of the entity types that `ClusterCron` makes. */
export const cronEntityPrefix = "ClusterCron/"

/** Runs the handler of a cron with a place where its job sets its outcome. */
export const withCronOutcome = <A, E, R>(
  handler: Effect.Effect<A, E, R>,
  outcome: CronOutcome
): Effect.Effect<A, E, R> => Effect.locally(handler, cronOutcome, outcome)
