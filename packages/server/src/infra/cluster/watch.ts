/** Watching an effect whose watcher is at hand. */
import type { Outcome } from "../../observe/catalogue/outcome.ts"
import type { Meter } from "../../observe/instrument/meter.ts"
import type { Series } from "../../observe/instrument/series.ts"
import type { Watcher } from "../../observe/track/watch.ts"

export { currentFiber } from "../../observe/instrument/fiber.ts"
export { Watch, type Watcher, watchWith } from "../../observe/track/watch.ts"

/** A watcher that records the seconds in the series of the outcome. */
export const timer = (meter: Meter, site: string, series: (outcome: Outcome) => Series): Watcher => ({
  site,
  meter,
  ended: (outcome, seconds) => series(outcome).record(seconds)
})
