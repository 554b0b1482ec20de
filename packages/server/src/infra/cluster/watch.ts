/** Watching an effect whose watcher is at hand: as the core's `watch`, with nothing to look up in the fiber's context. */
import * as Effect from "effect/Effect"
import { clockOfFiber } from "../../observe/instrument.ts"
import type { Meter } from "../../observe/meter.ts"
import { ofCause, type Outcome, success } from "../../observe/outcome.ts"
import type { Series } from "../../observe/series.ts"
import { ambientLabels, type Watcher } from "../../observe/watch.ts"

/** Begins a watch on the fiber that runs now; what it returns ends it. Neither ever throws. */
export const begin = (watcher: Watcher): ((outcome: Outcome) => void) => {
  const { meter, site } = watcher
  const clock = clockOfFiber()
  const startNanos = clock.unsafeCurrentTimeNanos()
  const end = meter.guard(site, () => watcher.begin({ clock, startNanos, ambient: ambientLabels() }))
  return (outcome) => {
    meter.guard(site, () => end?.(outcome, Math.max(0, Number(clock.unsafeCurrentTimeNanos() - startNanos) / 1e9)))
  }
}

/** The effect as it is, with exactly one outcome told to the watcher. */
export const watchWith = <A, E, R>(effect: Effect.Effect<A, E, R>, watcher: Watcher): Effect.Effect<A, E, R> =>
  Effect.uninterruptibleMask((restore) => {
    const end = begin(watcher)
    return Effect.matchCauseEffect(restore(effect), {
      onFailure: (cause) => {
        end(ofCause(cause))
        return Effect.failCause(cause)
      },
      onSuccess: (value) => {
        end(success)
        return Effect.succeed(value)
      }
    })
  })

/** A watcher that records the seconds in the series of the outcome. */
export const timer = (meter: Meter, site: string, series: (outcome: Outcome) => Series): Watcher => ({
  site,
  meter,
  begin: () => (outcome, seconds) => series(outcome).record(seconds)
})
