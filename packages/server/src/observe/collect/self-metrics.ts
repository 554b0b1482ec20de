/** What telemetry counts about its exports, in the registry that it exports; catalogue/telemetry.ts says what each means. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { type Instrument, InstrumentId } from "../instrument/instrument.ts"
import { unspanned } from "../instrument/moment.ts"
import type { Series } from "../instrument/series.ts"
import type { Pairs } from "../catalogue/label.ts"
import type { MetricsService } from "../metrics.ts"
import type { FailedOutcome } from "../catalogue/outcome.ts"
import type { Drop } from "./points/drop.ts"
import type { ExportReport } from "./destination.ts"
import { canonical, label } from "../instrument/label.ts"
import { ofCause } from "../track/outcome-of.ts"

export interface SelfMetrics {
  /** Counts and times an export, whatever becomes of it. It was acknowledged if all of its requests were. */
  readonly exported: (one: Effect.Effect<ExportReport>) => Effect.Effect<ExportReport>
  readonly dropped: (drop: Drop) => void
}

/** The self metrics of one service. `telemetry_exports_total` is there, at 0, from now on. */
export const makeSelfMetrics = (metrics: MetricsService, dropped: (drop: Drop) => void): Effect.Effect<SelfMetrics> =>
  Effect.sync(() => {
    const { exportDuration, exports, lastSuccess } = metrics.telemetry
    metrics.meter.zero(exports.row)
    const ended = (exit: Exit.Exit<ExportReport>, startedNanos: bigint) =>
      Effect.gen(function* () {
        const outcome = outcomeOf(exit)
        const seconds = Math.max(0, Number((yield* Clock.currentTimeNanos) - startedNanos) / 1e9)
        add(exports, { outcome }, 1)
        // The fiber that exports is in whatever span the layer was built in: that may have ended long ago.
        seriesOf(exportDuration, { outcome }).record(seconds, unspanned(yield* Effect.clock))
        if (outcome === undefined) {
          // Of the wall: it is compared with the time of whoever asks.
          add(lastSuccess, {}, (yield* Clock.currentTimeMillis) / 1_000)
        }
      })
    return {
      exported: (one) =>
        Effect.flatMap(Clock.currentTimeNanos, (started) => Effect.onExit(one, (exit) => ended(exit, started))),
      dropped
    }
  })

const outcomeOf = (exit: Exit.Exit<ExportReport>): FailedOutcome | undefined => {
  if (Exit.isSuccess(exit)) {
    return exit.value.failures.length === 0 ? undefined : "failure"
  }
  const { _tag } = ofCause(exit.cause)
  return _tag === "success" ? undefined : _tag
}

const add = (handle: Handle, pairs: Pairs, amount: number): void => seriesOf(handle, pairs).record(amount)

const seriesOf = (handle: Handle, pairs: Pairs): Series => handle[InstrumentId].resolve(canonical(label(pairs)))

interface Handle {
  readonly [InstrumentId]: Instrument
}
