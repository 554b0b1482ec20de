/** Finished jobs are removed once they have been kept for long enough: by one runner of the cluster, in small steps. */
import * as Singleton from "@effect/cluster/Singleton"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { JobsConfig, type JobsSettings } from "./config.ts"
import type { Operations, PurgeRequest } from "./store/operations.ts"
import { mostPurged } from "./store/purge.ts"
import { JobStore } from "./store.ts"

/** Removes what is finished for long enough, on whichever runner the singleton lives. */
export const retention = Singleton.make(
  "parametric-portal/jobs-retention",
  Effect.gen(function* () {
    const tables = yield* JobStore
    const settings = yield* JobsConfig
    const round = Effect.catchAllCause(removeOld(tables, settings), (cause) =>
      Effect.logWarning("Finished jobs could not be removed; trying again", cause)
    )
    return yield* Effect.forever(Effect.zipRight(round, Effect.sleep(settings.retentionInterval)))
  })
)

type Tables = Pick<Operations, "finishedTypes" | "purge" | "purgeKeys">

const finished = ["completed", "cancelled", "dead"] as const

/**
 * One round: all that is old enough now, of each type and state by itself, so that each step reads only what it
 * removes.
 */
export const removeOld = (tables: Tables, { keepOf }: Pick<JobsSettings, "keepOf">) =>
  Effect.gen(function* () {
    for (const state of finished) {
      for (const type of yield* tables.finishedTypes(state)) {
        const { completed, dead } = keepOf(type)
        const keep = state === "dead" ? dead : completed
        if (Duration.isFinite(keep)) {
          yield* inSteps(tables.purge({ state, type, olderThanMs: Duration.toMillis(keep) } satisfies PurgeRequest))
        }
      }
    }
    yield* inSteps(tables.purgeKeys)
  })

/** Again until a step finds less than it may remove; others have their turn between two. */
const inSteps = <E>(step: Effect.Effect<number, E>): Effect.Effect<void, E> =>
  Effect.flatMap(step, (removed) =>
    removed < mostPurged ? Effect.void : Effect.zipRight(Effect.sleep("50 millis"), inSteps(step))
  )
