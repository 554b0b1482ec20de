/** What one source shows in a gauge: the series of its last reading, and no others. */
import * as HashSet from "effect/HashSet"
import { identity } from "../catalogue/label.ts"
import { Folded } from "./folded.ts"
import type { Instrument } from "./instrument.ts"
import type { Canonical } from "./label.ts"
import type { Meter } from "./meter.ts"

/** A sample that was read. */
export interface Reading {
  readonly labels: Canonical
  readonly amount: number
}

/** The series of one source. */
export class Shown {
  private readonly meter: Meter
  private readonly instrument: Instrument
  private readonly folded: Folded
  private identities: ReadonlySet<string> = new Set()

  constructor(meter: Meter, instrument: Instrument) {
    this.meter = meter
    this.instrument = instrument
    this.folded = new Folded(instrument)
  }

  /**
   * Sets the series of these readings and removes the others. What is not finite is refused, and its series is not shown.
   * What is over the limit is added up, so that a sum over all labels is right.
   */
  show(readings: Iterable<Reading>): void {
    const { instrument, meter } = this
    const shown = new Set<string>()
    const folded = new Set<string>()
    let sum = 0
    for (const { amount, labels } of readings) {
      if (!Number.isFinite(amount)) {
        meter.refused(instrument.row, amount)
        continue
      }
      const isDeclared = labels.every(({ key }) => instrument.row.labels.includes(key))
      const series = isDeclared ? instrument.resolve(labels) : instrument.bind(HashSet.fromIterable(labels), [])
      if (series.isOverflow) {
        sum += amount
        folded.add(identity(labels))
      }
      series.set(series.isOverflow ? sum : amount)
      shown.add(identity(series.labels))
    }
    this.folded.read(folded)
    this.removeExcept(shown)
  }

  /** Removes all of them. What is over the limit when the source is read next is not counted again if it was before. */
  clear(): void {
    this.removeExcept(new Set())
  }

  private removeExcept(now: ReadonlySet<string>): void {
    const before = this.identities
    this.identities = now
    if (Array.from(before).some((id) => !now.has(id))) {
      this.meter.remove(this.instrument, (labels) => {
        const id = identity(labels)
        return before.has(id) && !now.has(id)
      })
    }
  }
}
