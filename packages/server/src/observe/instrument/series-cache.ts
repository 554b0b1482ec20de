/**
 * What was resolved once is found again: by a key and by the identity of the ambient labels, which Effect keeps stable
 * within one `Effect.tagMetrics`. Bounded, and forgotten when series are removed.
 */
import type * as MetricLabel from "effect/MetricLabel"
import { defaultLimit, type Meter } from "./meter.ts"

/** A bounded cache of resolved series. */
export class SeriesCache<A, Options> {
  private readonly meter: Meter
  private readonly make: (options: Options, ambient: ReadonlyArray<MetricLabel.MetricLabel>) => A
  private epoch = -1
  private plain = new Map<string, A>()
  private byAmbient = new WeakMap<ReadonlyArray<MetricLabel.MetricLabel>, Map<string, A>>()

  constructor(meter: Meter, make: (options: Options, ambient: ReadonlyArray<MetricLabel.MetricLabel>) => A) {
    this.meter = meter
    this.make = make
  }

  /** What `make` gives for these options: `key` must tell any two of them apart. */
  get(key: string, options: Options, ambient: ReadonlyArray<MetricLabel.MetricLabel>): A {
    const resolved = this.resolvedUnder(ambient)
    const known = resolved.get(key)
    if (known !== undefined) {
      return known
    }
    return remember(resolved, key, this.make(options, ambient))
  }

  private resolvedUnder(ambient: ReadonlyArray<MetricLabel.MetricLabel>): Map<string, A> {
    if (this.epoch !== this.meter.epoch) {
      this.epoch = this.meter.epoch
      this.plain = new Map()
      this.byAmbient = new WeakMap()
    }
    if (ambient.length === 0) {
      return this.plain
    }
    const known = this.byAmbient.get(ambient)
    if (known !== undefined) {
      return known
    }
    const made = new Map<string, A>()
    this.byAmbient.set(ambient, made)
    return made
  }
}

/**
 * Keeps what was resolved, unless there is a limit's worth of it already: past the limit the series themselves fold
 * into one, so what is not kept costs time but no memory.
 */
export const remember = <K, A>(resolved: Map<K, A>, key: K, made: A): A => {
  if (resolved.size < defaultLimit) {
    resolved.set(key, made)
  }
  return made
}
