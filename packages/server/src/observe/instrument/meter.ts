/**
 * The instruments of one registry: defines them, refuses conflicting definitions, keeps count of what was refused,
 * folded or swallowed, and warns of it once. Every user of a registry shares its one meter.
 */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as GlobalValue from "effect/GlobalValue"
import type * as MetricRegistry from "effect/MetricRegistry"
import * as Runtime from "effect/Runtime"
import { attempt } from "../catalogue/attempt.ts"
import { cleanTo, detached } from "../catalogue/clean-text.ts"
import { wordsOf } from "../catalogue/thrown.ts"
import { defaultLimit, type Row, type Rows } from "../catalogue/row.ts"
import { telemetry } from "../catalogue/telemetry.ts"
import { closedCombinations } from "./closed.ts"
import { bind } from "./bind.ts"
import { Bindings } from "./bindings.ts"
import { runtimeOfFiber } from "./fiber.ts"
import { withoutDefect } from "./sound-log.ts"
import { boundariesOf, type DefineOptions, histogramOf, limitOf } from "./define-options.ts"
import { checkRow, conflictWith, externalConflict, nameConflict } from "./definition.ts"
import { type HandlesOf, Instrument, type Keeper } from "./instrument.ts"
import { overflowLabel, richestLabel } from "./overflow.ts"
import type { Pairs } from "../catalogue/label.ts"
import type { Series } from "./series.ts"
import type { DefinitionError } from "./definition-error.ts"
import type { Canonical } from "./label.ts"

/** Sets series of its gauge when it is read; given the time of the read in nanoseconds. */
export interface Observer {
  readonly instrument: Instrument
  readonly refresh: (nowNanos: bigint) => void
}

/** The instruments of one registry. */
export class Meter implements Keeper {
  readonly registry: MetricRegistry.MetricRegistry
  /** Grows when series are removed: what was resolved before must be resolved again. */
  epoch = 0
  /** Somebody has collected these instruments. */
  isRead = false
  /** Names of external metrics that are left out of what is exported: this meter has metrics of its own for the same. */
  readonly replaced = new Set<string>()
  private readonly instruments = new Map<string, Instrument>()
  private readonly observers = new Set<Observer>()
  private readonly warned = new Set<string>()
  private isSwallowing = false
  private readonly own = new Bindings<Series>(this)

  constructor(registry: MetricRegistry.MetricRegistry) {
    this.registry = registry
  }

  /**
   * The instrument of a row: the same one when it was defined before with the same words, an error when the name is
   * taken by something else, in this meter or by an external metric in its registry.
   */
  define(row: Row, options: DefineOptions = {}): Either.Either<Instrument, DefinitionError> {
    return Either.gen(this, function* () {
      yield* checkRow(row)
      const boundaries = row.kind === "histogram" ? yield* boundariesOf(row, options) : undefined
      const limit = yield* limitOf(row, options.limits)
      const { exemplars, histogram } = yield* histogramOf(row, options)
      const existing = this.instruments.get(row.name)
      if (existing !== undefined) {
        yield* conflictWith(existing, row, { boundaries, exemplars, histogram })
        existing.limit = limit ?? existing.limit
        return existing
      }
      yield* externalConflict(this.registry, row)
      yield* nameConflict(this.instruments.values(), row)
      const instrument = new Instrument(
        {
          row,
          boundaries,
          histogram: histogram ?? "explicit",
          exemplars: exemplars ?? "trace_based",
          limit: limit ?? defaultLimit
        },
        this
      )
      this.instruments.set(row.name, instrument)
      return instrument
    })
  }

  /** All instruments, after their observers have set what they observe. */
  collect(nowNanos: bigint): Iterable<Instrument> {
    this.isRead = true
    for (const observer of this.observers) {
      this.guard(observer.instrument.row.name, () => observer.refresh(nowNanos))
    }
    return this.instruments.values()
  }

  /** Whether anything was recorded besides what this library counts about itself, and zeros. */
  hasRecorded(): boolean {
    return Array.from(this.instruments.values()).some(isRecorded)
  }

  /** The names of the metrics for which {@link hasRecorded} is so. */
  recorded(): ReadonlyArray<string> {
    return Array.from(this.instruments.values()).flatMap((one) => (isRecorded(one) ? [one.row.name] : []))
  }

  /** Adds an observer; the function that is returned takes it away. */
  observe(observer: Observer): () => void {
    this.observers.add(observer)
    return () => {
      this.observers.delete(observer)
    }
  }

  /** Removes series of an instrument; see `Instrument.remove`. */
  remove(instrument: Instrument, isGone: (labels: Canonical) => boolean): number {
    this.epoch += 1
    return instrument.remove(isGone)
  }

  /** Runs what watches: a defect in it is counted and swallowed, never passed on to what is watched. */
  guard<A>(site: string, watch: () => A): A | undefined {
    return attempt(watch, (thrown): undefined => this.swallow(site, thrown))
  }

  /** Counts a defect in what watches, and warns of it once; one in the counting itself goes no further. */
  swallow(site: string, thrown: unknown): undefined {
    if (this.isSwallowing) {
      return
    }
    this.isSwallowing = true
    attempt(() => {
      this.countWatchError(site)
      if (!this.warned.has(`watch ${site}`)) {
        this.warnOnce(`watch ${site}`, `Watching "${site}" failed, and was left out`, { error: wordsOf(thrown) })
      }
    })
    this.isSwallowing = false
  }

  /** Puts the series of a counter whose labels are all closed sets at 0. Other metrics are left alone. */
  zero(row: Row): void {
    if (row.kind === "counter" && row.labels.every((name) => Object.hasOwn(row.closed ?? {}, name))) {
      closedCombinations(row, []).forEach((labels) => this.instruments.get(row.name)?.resolve(labels))
    }
  }

  /** A defect in the watching, or a source that could not be read. */
  countWatchError(site: string): void {
    this.count(telemetry.watchErrors, { site })
  }

  refused(row: Row, amount: number): void {
    const reason = Number.isFinite(amount) ? "negative" : "non_finite"
    this.count(telemetry.pointsDropped, { reason })
    this.warnOnce(`refused ${row.name}`, `Metric "${row.name}" refused an amount that is ${reason}`, { amount })
  }

  undeclared(row: Row, label: string): void {
    this.count(telemetry.labelsDropped, { metric: row.name })
    this.warnOnce(
      `undeclared ${row.name}`,
      `Metric "${row.name}" left out the label "${label}", which its row does not declare: add it to the row's labels, ` +
        `or omit it`,
      {}
    )
  }

  folded(instrument: Instrument): void {
    const { name } = instrument.row
    // The counter of it may be over its own limit. To count that as well would never end.
    if (name !== telemetry.overflow.name) {
      this.count(telemetry.overflow, { metric: name })
    }
    if (!this.warned.has(`folded ${name}`)) {
      this.warnOnce(
        `folded ${name}`,
        `Metric "${name}" reached its limit of ${instrument.limit} series; further label sets are folded into ` +
          `{${overflowLabel}="true"}. The label with the most values is ${richestLabel(instrument.all())}`,
        {}
      )
    }
  }

  refresh(instrument: Instrument, nowNanos: bigint): void {
    for (const observer of this.observers) {
      if (observer.instrument === instrument) {
        this.guard(instrument.row.name, () => observer.refresh(nowNanos))
      }
    }
  }

  /** One more on a counter of this meter's own telemetry. */
  count(row: Row, pairs: Pairs): void {
    const branch = Object.values(pairs).reduce((at, value) => at.at(value), this.own.under([]).at(row.name))
    branch.bound ??= Either.getOrUndefined(Either.map(this.define(row), ({ handle }) => bind(handle, pairs)))
    branch.bound?.record(1)
  }

  /** A warning in the log of the fiber that runs now, or in the default one; the first of its subject only. */
  warnOnce(subject: string, message: string, annotations: Record<string, unknown>): void {
    const key = detached(subject.slice(0, maxSubjectLength))
    if (this.warned.has(key) || this.warned.size >= maxSubjects) {
      return
    }
    this.warned.add(key)
    this.log(Effect.annotateLogs(Effect.logWarning(cleanTo(message, maxMessageLength)), annotations))
  }

  /** Logs with the loggers of the fiber that runs now, or with the default one. A logger that throws is left alone. */
  log(line: Effect.Effect<void>): void {
    attempt(() => {
      Runtime.runFork(runtimeOfFiber(), withoutDefect(line))
    })
  }
}

// The names of metrics that are not ours are among the subjects: more of them than this are not told one by one.
const maxSubjects = 1_000
const maxSubjectLength = 300
const maxMessageLength = 1_000

/** The one meter of a registry. */
export const meterOf = (registry: MetricRegistry.MetricRegistry): Meter => {
  const known = meters.get(registry)
  if (known !== undefined) {
    return known
  }
  const meter = new Meter(registry)
  meters.set(registry, meter)
  return meter
}

const meters = GlobalValue.globalValue(
  Symbol.for("@parametric-portal/server/meters"),
  () => new WeakMap<MetricRegistry.MetricRegistry, Meter>()
)

const isRecorded = (instrument: Instrument): boolean =>
  !Object.values<Row>(telemetry).includes(instrument.row) && Array.from(instrument.all()).some(hasMoved)

const hasMoved = ({ state }: Series): boolean => {
  const now = state()
  return "count" in now ? now.count > 0 : now.value !== 0
}

/** The handles of a namespace of rows; the first row that can't be defined fails it. */
export const handlesOf = <const Rs extends Rows>(
  meter: Meter,
  rows: Rs,
  options: DefineOptions
): Either.Either<HandlesOf<Rs>, DefinitionError> =>
  Either.map(
    Either.all(
      Object.entries(rows).map(([handle, row]) =>
        Either.map(meter.define(row, options), (instrument) => [handle, instrument.handle] as const)
      )
    ),
    (handles) => typed<Rs>(Object.fromEntries(handles))
  )

// An instrument makes its handle from its row: the kind and unit that `HandleOf` reads choose the same input and state
// there, and the label names are those of the row.
const typed = <Rs extends Rows>(handles: Record<string, Instrument["handle"]>): HandlesOf<Rs> =>
  // oxlint-disable-next-line typescript/consistent-type-assertions
  handles as unknown as HandlesOf<Rs>
