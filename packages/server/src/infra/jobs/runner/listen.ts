/** Hints from other processes, where the client of the database can listen for them: that of `@effect/sql-pg`. */
import type { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import type { RunnerOperations } from "../store/operations.ts"

interface Listener {
  readonly listen: (channel: string) => Stream.Stream<string, SqlError>
}

/** What others tell on the channel of the tables; undefined where there is none, or the client can't listen. */
export const hintsOf = (
  client: SqlClient,
  { hintChannel, ownHint }: Pick<RunnerOperations, "hintChannel" | "ownHint">
): Stream.Stream<string, SqlError> | undefined =>
  hintChannel !== undefined && isListener(client)
    ? Stream.filter(client.listen(hintChannel), (hint) => hint !== ownHint)
    : undefined

const isListener = (client: SqlClient): client is SqlClient & Listener =>
  Predicate.hasProperty(client, "listen") && Predicate.isFunction(client.listen)

/**
 * Tells of each hint, without end. The client does not say when its connection is lost, so it is asked anew from time
 * to time. It drops what arrives before it knows that it listens: a second later, it is looked for work by itself.
 */
export const follow = (hints: Stream.Stream<string, SqlError>, told: (hint: string) => void): Effect.Effect<never> =>
  Stream.runForEach(Stream.merge(hints, soon), (hint) => Effect.sync(() => told(hint))).pipe(
    Effect.timeoutOption("30 seconds"),
    Effect.catchAllCause((cause) =>
      Effect.zipRight(Effect.logDebug("Hints can't be listened for; trying again", cause), Effect.sleep("1 second"))
    ),
    Effect.forever
  )

const soon = Stream.fromEffect(Effect.as(Effect.sleep("1 second"), "look"))
