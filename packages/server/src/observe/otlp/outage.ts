/**
 * What a destination's log says: a Warning at the first failure, at most one a minute while it lasts, and an Info at
 * recovery. An outage within a minute of the last Warning is counted and not announced.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"

/** Told of each export's end: why it failed, or nothing. */
export type OutageLog = (failures: ReadonlyArray<string>) => Effect.Effect<void>

interface State {
  readonly failed: number
  readonly isAnnounced: boolean
  readonly lastWarningMs: number
}

const quietMs = 60_000

/** The log of one destination, named without credentials; `what` is sent there, in the plural: `Metrics`. */
export const makeOutageLog = (what: string, destination: string): Effect.Effect<OutageLog> =>
  Effect.map(
    Ref.make<State>({ failed: 0, isAnnounced: false, lastWarningMs: Number.NEGATIVE_INFINITY }),
    (ref) => (failures) =>
      Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        const before = yield* Ref.get(ref)
        if (failures.length === 0) {
          yield* Ref.set(ref, { ...before, failed: 0, isAnnounced: false })
          if (before.isAnnounced) {
            yield* Effect.logInfo(`${what} are exported to ${destination} again, after ${exports(before.failed)}`)
          }
          return
        }
        const failed = before.failed + 1
        // A clock that was ahead then says nothing now.
        const isDue = Math.abs(now - before.lastWarningMs) >= quietMs
        yield* Ref.set(ref, {
          failed,
          isAnnounced: before.isAnnounced || isDue,
          lastWarningMs: isDue ? now : before.lastWarningMs
        })
        if (isDue) {
          const since = failed === 1 ? "" : ` (${exports(failed)} in a row)`
          yield* Effect.logWarning(`${what} are not exported to ${destination}: ${failures.join("; ")}${since}`)
        }
      })
  )

const exports = (failed: number): string => (failed === 1 ? "1 failed export" : `${failed} failed exports`)
