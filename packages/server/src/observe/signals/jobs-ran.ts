/** Whether jobs ran, as the job metrics have it. */
import * as MetricState from "effect/MetricState"
import { InstrumentId } from "../instrument/instrument.ts"
import type { MetricsService } from "../metrics.ts"

/** Whether a job ended, in whatever way. */
export const jobsRan = ({ jobs: { cancellations, completions, failures } }: MetricsService): boolean =>
  [cancellations, completions, failures].some((counter) =>
    [...counter[InstrumentId].all()].map((series) => series.state()).some(isPositive)
  )

const isPositive = (state: unknown): boolean => MetricState.isCounterState(state) && state.count > 0
