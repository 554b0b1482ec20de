/**
 * Limits of a kind of job across the cluster: how many run at once, of all and of one key, and how many begin in a
 * time.
 */
import * as Duration from "effect/Duration"
import { type Check, count, time } from "../options.ts"

/** Limits across all runners; a runner's own `concurrency` is beside them. */
export interface LimitOptions<P> {
  /** How many of the type run at once on all runners. */
  readonly concurrency?: number | undefined
  /** How many of the same key run at once on all runners. The key is read from the payload when a job is submitted. */
  readonly perKey?: { readonly key: (payload: P) => string; readonly concurrency: number } | undefined
  /** How many begin within a time, on all runners: a bucket of `limit` tokens that fills evenly in `per`. */
  readonly rate?: { readonly limit: number; readonly per: Duration.DurationInput } | undefined
}

/** The same in plain numbers. */
export interface ClusterLimits {
  readonly concurrency?: number | undefined
  readonly perKey?: number | undefined
  readonly rate?: { readonly limit: number; readonly perMs: number } | undefined
}

/** Limits in plain numbers; undefined where there are none. */
export const clusterLimits = <P>(options: LimitOptions<P> | undefined): ClusterLimits | undefined => {
  const { concurrency, perKey, rate } = options ?? {}
  return concurrency === undefined && perKey === undefined && rate === undefined
    ? undefined
    : {
        concurrency,
        perKey: perKey?.concurrency,
        rate: rate === undefined ? undefined : { limit: rate.limit, perMs: Duration.toMillis(rate.per) }
      }
}

/** Checks of limits; `owner` is what they belong to. */
export const limitChecks = <P>(owner: string, limits: LimitOptions<P> | undefined): ReadonlyArray<Check> => [
  count(`${owner}.concurrency`, limits?.concurrency),
  count(`${owner}.perKey.concurrency`, limits?.perKey?.concurrency),
  count(`${owner}.rate.limit`, limits?.rate?.limit),
  time(`${owner}.rate.per`, limits?.rate?.per)
]
