/** What telemetry counts about itself, in the registry that it exports; catalogue/telemetry.ts says what each means. */
import * as Effect from "effect/Effect"
import { type Instrument, InstrumentId } from "../instrument.ts"
import { canonical, label, type Pairs } from "../label.ts"
import type { MetricsService } from "../metrics.ts"
import type { FailedOutcome } from "../outcome.ts"
import type { Drop } from "./drop.ts"

export interface SelfMetrics {
  /** A request ended; without an outcome it was acknowledged. */
  readonly ended: (seconds: number, nowNanos: bigint, outcome?: FailedOutcome) => void
  /** Points were left out; the log says so once for each metric and reason. */
  readonly dropped: (drop: Drop) => void
}

/** The self metrics of one service. Those with closed labels are there, at 0, from now on. */
export const makeSelfMetrics = ({ meter, telemetry }: MetricsService): Effect.Effect<SelfMetrics> =>
  Effect.sync(() => {
    const { exportDuration, exports, lastSuccess, pointsDropped } = telemetry
    meter.zero(exports.row)
    meter.zero(pointsDropped.row)
    return {
      ended: (seconds, nowNanos, outcome) => {
        add(exports, { outcome }, 1)
        add(exportDuration, { outcome }, Math.max(0, seconds))
        if (outcome === undefined) {
          add(lastSuccess, {}, Number(nowNanos / 1_000_000n) / 1_000)
        }
      },
      dropped: ({ metric, points, reason, why }) => {
        add(pointsDropped, { reason }, points)
        meter.warnOnce(`dropped ${metric} ${reason}`, `Metric "${metric}" is not exported: ${why}`, {})
      }
    }
  })

const add = (handle: { readonly [InstrumentId]: Instrument }, pairs: Pairs, amount: number): void =>
  handle[InstrumentId].resolve(canonical(label(pairs))).record(amount)
