/**
 * Gauges that have a source of truth. `sample` runs an effect again and again and survives its failures; `observe`
 * reads a function whenever the gauge is read. A gauge whose source can't be read is absent, never frozen.
 */
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Ref from "effect/Ref"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { type Gauge, type Instrument, InstrumentId } from "./instrument.ts"
import type { Pairs } from "../catalogue/label.ts"
import type { Meter } from "./meter.ts"
import { canonicalOf } from "./label.ts"
import { type Reading, Shown } from "./shown.ts"
import { soundClock } from "./sound-clock.ts"
import { warnOf, withoutDefect } from "./sound-log.ts"

/** One value of a gauge: a number in the gauge's unit, or a duration where that is seconds. */
export interface Sample<Label extends string> {
  /** The labels of the series. */
  readonly labels: Pairs<Label>
  /** The current value of the series. */
  readonly value: number | Duration.Duration
}

/** How to sample a gauge. */
export interface SampleOptions<Label extends string, E, R> {
  /** The gauge that is set. */
  readonly gauge: Gauge<Label>
  /** All series that the gauge has now, zeros included: a series that is not among them is removed. */
  readonly read: Effect.Effect<Iterable<Sample<Label>>, E, R>
  /** The pause between two reads; 5 seconds unless given. */
  readonly every?: Duration.DurationInput | undefined
}

/**
 * Samples a gauge until the scope closes. The first read is done when this effect ends. A read that fails or dies is
 * counted in `telemetry_watch_errors_total{site}`, logged at the first failure and at the recovery, and tried again
 * after the pause; meanwhile the gauge has no series. When the scope closes the series are removed.
 */
export const sample = <Label extends string, E, R>(
  meter: Meter,
  { every = Duration.seconds(5), gauge, read }: SampleOptions<Label, E, R>
): Effect.Effect<void, never, R | Scope.Scope> =>
  Effect.gen(function* () {
    const instrument = gauge[InstrumentId]
    const isFailing = yield* Ref.make(false)
    const shown = new Shown(meter, instrument)
    const clear = Effect.sync(() => shown.clear())
    const once = Effect.flatMap(Effect.exit(Effect.map(read, readingsOf)), (exit) =>
      Exit.isSuccess(exit)
        ? Effect.gen(function* () {
            yield* Effect.sync(() => shown.show(exit.value))
            if (yield* Ref.getAndSet(isFailing, false)) {
              yield* recovered(instrument)
            }
          })
        : Effect.gen(function* () {
            meter.countWatchError(instrument.row.name)
            yield* clear
            if (!(yield* Ref.getAndSet(isFailing, true))) {
              yield* failed(instrument, exit.cause)
            }
          })
    )
    yield* Effect.addFinalizer(() => clear)
    yield* once
    const sleep = Effect.clockWith((clock) => soundClock(clock).sleep(Duration.decode(every)))
    yield* Effect.forkScoped(Effect.repeat(Effect.zipRight(sleep, once), Schedule.forever))
  })

/**
 * Reads a gauge from a function whenever the gauge is read or collected, until the scope closes. The function gets the
 * time in nanoseconds. One that throws is counted, and the gauge is absent.
 */
export const observe = <Label extends string>(
  meter: Meter,
  gauge: Gauge<Label>,
  read: (nowNanos: bigint) => Iterable<Sample<Label>>
): Effect.Effect<void, never, Scope.Scope> =>
  Effect.asVoid(
    Effect.acquireRelease(
      Effect.sync(() => {
        const instrument = gauge[InstrumentId]
        const shown = new Shown(meter, instrument)
        let isFailing = false
        const stop = meter.observe({
          instrument,
          refresh: (nowNanos) => {
            const readings = Either.try(() => readingsOf(read(nowNanos)))
            if (Either.isLeft(readings)) {
              meter.countWatchError(instrument.row.name)
            }
            if (Either.isLeft(readings) !== isFailing) {
              isFailing = !isFailing
              meter.log(Either.isLeft(readings) ? failed(instrument, Cause.die(readings.left)) : recovered(instrument))
            }
            Either.match(readings, { onLeft: () => shown.clear(), onRight: (now) => shown.show(now) })
          }
        })
        return () => {
          stop()
          shown.clear()
        }
      }),
      (stop) => Effect.sync(stop)
    )
  )

/**
 * The same of what is there as long as the process is. When the scope has closed the gauge is absent, but the last exports,
 * which come after it, have it once more: a program that ends before it has exported anything has it at all.
 */
export const observeToTheEnd = <Label extends string>(
  meter: Meter,
  gauge: Gauge<Label>,
  read: (nowNanos: bigint) => Iterable<Sample<Label>>
): Effect.Effect<void, never, Scope.Scope> => {
  const { name } = gauge[InstrumentId].row
  const observed = observe(meter, gauge, read)
  const lasting = lastingOf(meter)
  return Effect.zipRight(
    Effect.acquireRelease(
      Effect.sync(() => lasting.delete(name)),
      () => Effect.sync(() => lasting.set(name, observed))
    ),
    observed
  )
}

/** Observes what was observed to the end, and whose layer has closed. */
export const observeLasting = (meter: Meter): Effect.Effect<void, never, Scope.Scope> =>
  Effect.suspend(() => Effect.all(lastingOf(meter).values(), { discard: true }))

const lastingOf = (meter: Meter): Map<string, Effect.Effect<void, never, Scope.Scope>> => {
  const known = lastingByMeter.get(meter) ?? new Map<string, Effect.Effect<void, never, Scope.Scope>>()
  lastingByMeter.set(meter, known)
  return known
}

const lastingByMeter = new WeakMap<Meter, Map<string, Effect.Effect<void, never, Scope.Scope>>>()

const failed = ({ row }: Instrument, cause: Cause.Cause<unknown>): Effect.Effect<void> =>
  warnOf(`Sampling of "${row.name}" failed; it is absent until it works again`, cause)

const recovered = ({ row }: Instrument): Effect.Effect<void> =>
  withoutDefect(Effect.logInfo(`Sampling of "${row.name}" works again`))

/** All samples are read before one is shown: where one of them throws, none is left behind. */
const readingsOf = (samples: Iterable<Sample<string>>): ReadonlyArray<Reading> =>
  Array.from(samples, ({ labels, value }) => ({
    labels: canonicalOf(labels, []),
    amount: Duration.isDuration(value) ? Duration.toSeconds(value) : value
  }))
