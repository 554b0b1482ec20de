/** Asks a store what panels ask, as Grafana would. */
import type { Stored } from "@parametric-portal/receivers/stored"
import * as Effect from "effect/Effect"
import { type CommittedQuery, filledIn, mayBeEmpty } from "./committed-queries.ts"

export interface Asked {
  readonly query: (expression: string) => Promise<ReadonlyArray<Stored>>
}

/** Asks again until there is an answer, for a minute. */
export const eventually = (
  look: Effect.Effect<ReadonlyArray<Stored>>,
  left = 60
): Effect.Effect<ReadonlyArray<Stored>> =>
  Effect.flatMap(look, (found) =>
    left === 0 || found.length > 0 ? Effect.succeed(found) : Effect.delay(eventually(look, left - 1), "1 second")
  )

/** The queries that have no data of the shop and may not be empty, by panel and legend. A query that is refused is a defect. */
export const silent = (asked: Asked, queries: ReadonlyArray<CommittedQuery>) =>
  Effect.forEach(
    queries,
    ({ expression, legend, panel }) => {
      const look = Effect.promise(() => asked.query(filledIn(expression, "shop")))
      // The shop has all that servers and processes measure.
      const isExcused = mayBeEmpty.get(panel) !== undefined && !/^(Server|Node): /.test(panel)
      return Effect.map(isExcused ? look : eventually(look), (found) =>
        isExcused || found.length > 0 ? [] : [`${panel}: ${legend}`]
      )
    },
    { concurrency: 8 }
  ).pipe(Effect.map((all) => all.flat()))
