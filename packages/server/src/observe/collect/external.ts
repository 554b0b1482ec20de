/**
 * Metrics that others put into an Effect registry: Effect's own of fibers and the cluster, and what users make with
 * `Metric.counter` and its kin. Each is given its true type and unit, and what is not sound is left out alone.
 */
import type * as MetricRegistry from "effect/MetricRegistry"
import * as MetricState from "effect/MetricState"
import * as MutableHashSet from "effect/MutableHashSet"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import type { Instrument } from "../instrument/instrument.ts"
import { type AnyKey, entries, entriesExcept, type Entry, sizeOf } from "../instrument/registry.ts"
import { distributionOf } from "./points/distribution.ts"
import type { Drop } from "./points/drop.ts"
import { type Family, pauseEvery, type Step } from "./points/families.ts"
import { withAttribute } from "./external-attributes.ts"
import { type Definition, definitionOf } from "./external-definition.ts"
import { type ExportMetric, type ExportSeries, exportSeries, type Point } from "./points/point.ts"
import { probeName } from "./reader-probe.ts"
import { readSummary } from "./summary.ts"
import { textOf } from "./points/text.ts"

/** A key, and what was found out about it. */
interface Known {
  readonly definition: Definition
  readonly series: ExportSeries
  /** Of a frequency: the series of each value. */
  readonly byValue: Map<string, ExportSeries>
}

/** What in a registry is not external, and what is not exported as our own metrics say the same. */
interface ToSkip {
  readonly instruments: ReadonlyArray<Instrument>
  readonly replaced: ReadonlySet<string>
}

/** The entries of a name and a shape. */
type Group = [Entry, ...Array<Entry>]

/** The external metrics of registries. */
export class ExternalMetrics {
  private readonly known = new WeakMap<AnyKey, Known>()
  private readonly startNanos: bigint
  private readonly dropped: (drop: Drop) => void

  /** `startNanos` is when external series were zero: the start of the process, as nobody noted more. */
  constructor(startNanos: bigint, dropped: (drop: Drop) => void) {
    this.startNanos = startNanos
    this.dropped = dropped
  }

  /** Walks a registry, leaving out the series of instruments and what they replace; the families are what the generator returns. */
  *families(
    registry: MetricRegistry.MetricRegistry,
    { instruments, replaced }: ToSkip
  ): Generator<undefined, Iterable<Family>> {
    // Each of our series is one entry: where there are no more entries, none is external, and there is nothing to walk.
    if (sizeOf(registry) === instruments.reduce((sum, { size }) => sum + size, 0)) {
      return []
    }
    const groups = new Map<string, Group>()
    const skipped = Array.from(replaced, (name) => [name, Number.POSITIVE_INFINITY] as const)
    const left = new Map([[probeName, 1], ...skipped, ...instruments.map(({ row, size }) => [row.name, size] as const)])
    let count = 0
    for (const entry of entriesExcept(registry, left)) {
      if (entry === undefined || ++count % pauseEvery === 0) {
        yield
      }
      if (entry !== undefined) {
        this.sort(entry, groups)
      }
    }
    for (const instrument of instruments) {
      if ((left.get(instrument.row.name) ?? 0) < 0) {
        strays(registry, instrument).forEach((entry) => this.sort(entry, groups))
      }
    }
    const families: Array<Family> = []
    for (const group of groups.values()) {
      families.push(this.family(group))
      if (families.length % pauseEvery === 0) {
        yield
      }
    }
    return families
  }

  private sort(entry: Entry, groups: Map<string, Group>): void {
    const { metric, problem, shape } = this.find(entry.key).definition
    if (problem !== undefined) {
      return this.dropped({ metric: metric.name, points: 1, ...problem })
    }
    const id = `${metric.name}\n${shape}`
    const group = groups.get(id)
    if (group === undefined) {
      groups.set(id, [entry])
    } else {
      group.push(entry)
    }
  }

  private family(group: Group): Family {
    const { metric, shape } = this.find(group[0].key).definition
    const points = (entry: Entry): Generator<Point> => this.points(entry)
    return {
      metric,
      shape,
      size: group.length,
      *points(): Generator<Step> {
        for (const entry of group) {
          yield* points(entry)
          if (metric.kind === "summary") {
            yield undefined
          }
        }
      }
    }
  }

  private *points(entry: Entry): Generator<Point> {
    const known = this.find(entry.key)
    const { boundaries, metric } = known.definition
    const state = metric.kind === "summary" ? readSummary(entry) : Option.getOrUndefined(tryRead(entry))
    if (state === undefined) {
      const why = "its value can't be read; a summary that met a NaN never ends its snapshot"
      return this.dropped({ metric: metric.name, points: 1, reason: "non_finite", why })
    }
    const { series } = known
    if (MetricState.isFrequencyState(state)) {
      for (const [text, value] of state.occurrences) {
        yield { type: "number", metric, series: this.seriesOf(known, text), value: numberOf(value) }
      }
    } else if (MetricState.isCounterState(state)) {
      yield { type: "number", metric, series, value: numberOf(state.count) }
    } else if (MetricState.isGaugeState(state)) {
      yield { type: "number", metric, series, value: numberOf(state.value) }
    } else if (MetricState.isHistogramState(state)) {
      yield { type: "distribution", metric, series, value: distributionOf(state, boundaries ?? []) }
    } else if (MetricState.isSummaryState(state)) {
      yield { type: "summary", metric, series, value: { ...state, quantiles: knownQuantiles(state) } }
    }
  }

  private find(key: AnyKey): Known {
    const found = this.known.get(key)
    if (found !== undefined) {
      return found
    }
    const definition = definitionOf(key)
    const made = { definition, series: exportSeries(definition.attributes, this.startNanos), byValue: new Map() }
    this.known.set(key, made)
    if (definition.leftOut !== undefined) {
      this.leftOut(definition.metric, definition.leftOut)
    }
    return made
  }

  private seriesOf({ byValue, definition }: Known, text: string): ExportSeries {
    const found = byValue.get(text)
    if (found !== undefined) {
      return found
    }
    const word = textOf(text)
    if (word === undefined) {
      this.leftOut(definition.metric, 'the value of "key" is not a text')
    }
    // A value of a frequency is in `key`, as Effect's own bridge has it.
    const made = exportSeries(withAttribute(definition.attributes, "key", word ?? ""), this.startNanos)
    byValue.set(text, made)
    return made
  }

  private leftOut({ name }: ExportMetric, why: string): void {
    this.dropped({ metric: name, reason: "rejected", points: 1, part: "one of its labels", why })
  }
}

/** Series under the name of an instrument that it knows nothing of: somebody made a metric of the same name. */
const strays = (registry: MetricRegistry.MetricRegistry, instrument: Instrument): ReadonlyArray<Entry> => {
  const known = MutableHashSet.fromIterable(Array.from(instrument.all(), ({ key }) => key))
  return Array.from(entries(registry)).filter(
    ({ key }) => key.name === instrument.row.name && !MutableHashSet.has(known, key)
  )
}

const tryRead = Option.liftThrowable((entry: Entry) => entry.state())

/** Each quantile once, as a key of a map; one without samples in its window has no value. */
const knownQuantiles = ({
  quantiles
}: MetricState.MetricState.Summary): ReadonlyArray<readonly [quantile: number, value: number]> =>
  Array.from(
    new Map(quantiles.flatMap(([quantile, value]) => (Option.isSome(value) ? [[quantile, value.value] as const] : [])))
  )

/** What is no number, which types rule out and programs in JavaScript do not, is not made one: it is refused. */
const numberOf = (value: unknown): number =>
  Predicate.isNumber(value) ? value : Predicate.isBigInt(value) ? Number(value) : Number.NaN
