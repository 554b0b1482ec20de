/**
 * The lives of a runner, one after the other. A life has a heartbeat by the database's clock; it ends when the tables
 * say so, and by the clock of the process when no heartbeat was answered for a lease.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import type { Life } from "./run.ts"
import type { RunnerState } from "./state.ts"

/** So many heartbeats there are in a lease. */
export const beatsInLease = 5

/** Lives and begins anew, without end; `over` is told of each life that is over. */
export const heartbeat = (state: RunnerState, over: (life: Life) => void): Effect.Effect<never> => {
  const life = Effect.gen(function* () {
    const begun = yield* begin(state)
    state.life = begun
    state.wake()
    yield* beats(state, begun)
    over(begun)
    yield* Effect.logWarning(
      `The heartbeat of ${begun.id} is over: what it ran is interrupted, and others take over its jobs`
    )
  })
  return Effect.forever(life)
}

const begin = (state: RunnerState): Effect.Effect<Life> =>
  Effect.suspend(() => {
    const name = state.settings.runnerName
    const life: Life = {
      id: `${name}-${globalThis.crypto.randomUUID()}`,
      beatAt: state.now(),
      isOver: false,
      runs: new Set()
    }
    return Effect.as(state.tables.begin({ id: life.id, name, slots: state.slots }), life)
  }).pipe(
    Effect.tapErrorCause((cause) => Effect.logWarning("A runner of jobs can't begin; trying again in a second", cause)),
    Effect.retry(Schedule.spaced("1 second")),
    Effect.orDie
  )

/** Ends with the life. */
const beats = (state: RunnerState, life: Life): Effect.Effect<void> => {
  const leaseMs = Duration.toMillis(state.settings.lease)
  const beat: Effect.Effect<void> = Effect.gen(function* () {
    yield* Effect.sleep(leaseMs / beatsInLease)
    const sentAt = state.now()
    const leftMs = life.beatAt + leaseMs - sentAt
    if (leftMs <= 0) {
      return
    }
    const answer = yield* Effect.timeoutOption(
      Effect.disconnect(Effect.exit(state.tables.beat({ id: life.id, leaseMs, slots: state.slots }))),
      leftMs
    )
    if (Option.isNone(answer)) {
      return
    }
    if (Exit.isFailure(answer.value)) {
      yield* Effect.logWarning(`A heartbeat of ${life.id} was not answered`, answer.value.cause)
    } else if (answer.value.value) {
      life.beatAt = sentAt
    } else {
      return
    }
    yield* beat
  })
  return beat
}
