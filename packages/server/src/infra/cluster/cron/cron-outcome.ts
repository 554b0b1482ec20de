/** How the job of a cron ended, which `ClusterCron` swallows: its entity's handler succeeds whatever the job did. */
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import * as GlobalValue from "effect/GlobalValue"
import type { Outcome } from "../../../observe/catalogue/outcome.ts"

/** Where a job writes how it ended, and the watch of its handler reads it. */
export interface CronOutcome {
  job: Outcome | undefined
}

/** The cell of the handler that runs now; `undefined` outside of a watched cron. */
export const cronOutcome: FiberRef.FiberRef<CronOutcome | undefined> = GlobalValue.globalValue(
  Symbol.for("@parametric-portal/server/cronOutcome"),
  () => FiberRef.unsafeMake<CronOutcome | undefined>(undefined)
)

/** The entity types that `ClusterCron` makes. */
export const cronEntityPrefix = "ClusterCron/"

/** Runs a cron's handler so that its job can say how it ended. */
export const withCronOutcome = <A, E, R>(handler: Effect.Effect<A, E, R>, cell: CronOutcome): Effect.Effect<A, E, R> =>
  Effect.locally(handler, cronOutcome, cell)
