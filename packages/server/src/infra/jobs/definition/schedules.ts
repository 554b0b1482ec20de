/** The schedules of this process: layers add and remove them. Something else has to know what a tick is. */
import * as Context from "effect/Context"
import type * as Cron from "effect/Cron"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { JobKind } from "./kind.ts"

/** A kind of job that is submitted at each tick of a cron expression. */
export interface JobSchedule<in out P> {
  readonly kind: JobKind<P>
  /** Tells schedules of one kind of job apart. */
  readonly name: string
  readonly cron: Cron.Cron
  /** What is submitted at a tick, given in epoch milliseconds; undefined where the payload is void. */
  readonly payload: ((tick: number) => P) | undefined
}

/** The schedules of this process. */
export class JobSchedules extends Context.Tag("@parametric-portal/server/JobSchedules")<
  JobSchedules,
  {
    /** Submits a job at each tick, once in the cluster, until the scope closes. */
    readonly register: <P>(schedule: JobSchedule<P>) => Effect.Effect<void, never, Scope.Scope>
  }
>() {}
