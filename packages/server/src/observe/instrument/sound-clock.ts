/** A clock that always has a time: where the one that it is made of throws or says none, it is that of the process. */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import { attempted } from "../catalogue/attempt.ts"
import type { Row } from "../catalogue/row.ts"

/** The clock of the process. */
export const processClock: Clock.Clock = Clock.make()

/** The time of a clock in nanoseconds; `undefined` where it throws or is none. */
export const nanosOf: (clock: Clock.Clock, _: undefined) => bigint | undefined = attempted(
  (clock: Clock.Clock, _: undefined) => soundNanos(clock.unsafeCurrentTimeNanos()),
  () => undefined
)

const soundNanos = (nanos: unknown): bigint | undefined => (Predicate.isBigInt(nanos) ? nanos : undefined)

const soundMillis = (millis: unknown): number | undefined =>
  Predicate.isNumber(millis) && Number.isFinite(millis) ? millis : undefined

/** The time of a clock in nanoseconds, of the process where it throws. */
export const nowNanosOf = (clock: Clock.Clock): bigint =>
  nanosOf(clock, undefined) ?? processClock.unsafeCurrentTimeNanos()

/** The time of a clock in milliseconds, of the process where it throws. */
export const nowMillisOf = (clock: Clock.Clock): number =>
  // oxlint-disable-next-line no-restricted-globals -- what Effect's own clock says; a test that moves time has another
  clock === effectsOwn ? Date.now() : (millisOf(clock, undefined) ?? processClock.unsafeCurrentTimeMillis())

// It says what `Date.now` does, and never throws: there is nothing to guard in what nearly all programs have.
const effectsOwn = Context.unsafeGet(DefaultServices.liveServices, Clock.Clock)

const millisOf = attempted(
  (clock: Clock.Clock, _: undefined) => soundMillis(clock.unsafeCurrentTimeMillis()),
  () => undefined
)

/** A millisecond before now, and not before the epoch. */
const justBefore = (clock: Clock.Clock): bigint => {
  const nanos = nowNanosOf(clock) - 1_000_000n
  return nanos > 0n ? nanos : 0n
}

/** When a series was zero: just before now, or where its source has counted since then, when the process began. */
export const startOf = ({ since }: Pick<Row, "since">, clock: Clock.Clock): bigint => {
  const now = justBefore(clock)
  if (since !== "process") {
    return now
  }
  const began = BigInt(Math.floor(performance.timeOrigin)) * 1_000_000n
  return began < now ? began : now
}

/** What needs a clock keeps going with this one. */
export const soundClock = (clock: Clock.Clock): Clock.Clock => {
  const nowMillis = (): number => nowMillisOf(clock)
  const nowNanos = (): bigint => nowNanosOf(clock)
  return {
    [Clock.ClockTypeId]: Clock.ClockTypeId,
    unsafeCurrentTimeMillis: nowMillis,
    unsafeCurrentTimeNanos: nowNanos,
    currentTimeMillis: orElse(
      () => Effect.map(clock.currentTimeMillis, (millis) => soundMillis(millis) ?? nowMillis()),
      Effect.sync(nowMillis)
    ),
    currentTimeNanos: orElse(
      () => Effect.map(clock.currentTimeNanos, (nanos) => soundNanos(nanos) ?? nowNanos()),
      Effect.sync(nowNanos)
    ),
    sleep: (duration: Duration.Duration) => orElse(() => clock.sleep(duration), processClock.sleep(duration))
  }
}

/** Runs with the clock that it is run with, made sound. */
export const withSoundClock = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.clockWith((clock) => Effect.withClock(effect, soundClock(clock)))

const orElse = <A>(read: () => Effect.Effect<A>, other: Effect.Effect<A>): Effect.Effect<A> =>
  Effect.catchAllDefect(Effect.suspend(read), () => other)
