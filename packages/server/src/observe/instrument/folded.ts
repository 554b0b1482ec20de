/**
 * The label sets of a source that are over the limit of its metric. Each is one in `telemetry_series_overflow_total` when
 * it goes over: what reads the source again and again adds nothing.
 */
import type { Instrument } from "./instrument.ts"

/** The label sets of one source. */
export class Folded {
  private readonly instrument: Instrument
  private identities: ReadonlySet<string> = new Set()

  constructor(instrument: Instrument) {
    this.instrument = instrument
  }

  /** The source was read: the label sets with these identities are over the limit now, and no others. */
  read(identities: ReadonlySet<string>): void {
    for (const identity of identities) {
      if (!this.identities.has(identity)) {
        this.instrument.keeper.folded(this.instrument)
      }
    }
    this.identities = identities
  }
}
