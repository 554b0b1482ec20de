/** What telemetry counts about its exports, in the registry that it exports; catalogue/telemetry.ts says what each means. */
import * as Effect from "effect/Effect"
import { type Instrument, InstrumentId } from "../instrument.ts"
import { canonical, label, type Pairs } from "../label.ts"
import type { MetricsService } from "../metrics.ts"
import type { FailedOutcome } from "../outcome.ts"
import type { Drop } from "./drop.ts"

export interface SelfMetrics {
  /** A request ended; without an outcome it was acknowledged. */
  readonly ended: (seconds: number, nowNanos: bigint, outcome?: FailedOutcome) => void
  readonly dropped: (drop: Drop) => void
}

/** The self metrics of one service. `telemetry_exports_total` is there, at 0, from now on. */
export const makeSelfMetrics = (
  { meter, telemetry }: MetricsService,
  dropped: (drop: Drop) => void
): Effect.Effect<SelfMetrics> =>
  Effect.sync(() => {
    const { exportDuration, exports, lastSuccess } = telemetry
    meter.zero(exports.row)
    return {
      ended: (seconds, nowNanos, outcome) => {
        add(exports, { outcome }, 1)
        add(exportDuration, { outcome }, Math.max(0, seconds))
        if (outcome === undefined) {
          add(lastSuccess, {}, Number(nowNanos / 1_000_000n) / 1_000)
        }
      },
      dropped
    }
  })

const add = (handle: { readonly [InstrumentId]: Instrument }, pairs: Pairs, amount: number): void =>
  handle[InstrumentId].resolve(canonical(label(pairs))).record(amount)
