/** Waiting until what is read is what a test waits for. */
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Ref from "effect/Ref"
import * as TestClock from "effect/TestClock"
import { textOfValue } from "./value-text.ts"

/** How long to wait, and how often to read. */
export interface EventuallyOptions {
  /** 5 seconds unless said otherwise. */
  readonly within?: Duration.DurationInput | undefined
  /** From one read to the next; 50 milliseconds unless said otherwise. */
  readonly every?: Duration.DurationInput | undefined
}

/** What was read was not what was waited for within the time; `last` was read last, and is undefined before the first. */
export class NotReached extends Data.TaggedError("NotReached")<{
  readonly last: unknown
  readonly reads: number
  readonly within: Duration.Duration
}> {
  /** How long was waited, how often was read, and what was read last. */
  override get message(): string {
    const times = this.reads === 1 ? "once" : `${this.reads} times`
    return this.reads === 0
      ? `nothing could be read within ${Duration.format(this.within)}: the first read did not end`
      : `not the expected value within ${Duration.format(this.within)}: read ${times}, last ${textOfValue(this.last)}`
  }
}

/**
 * Reads again and again until what is read satisfies the predicate, and returns it; fails with {@link NotReached} after
 * a deadline. A read that fails ends it.
 *
 * The time is that of Effect's `Clock`. A `TestClock` is moved on by `every` for each read, so that nothing has to be forked
 * and nothing hangs: what waits for time goes on, and the deadline comes. It is 50 milliseconds there also where less than 1
 * is given, such as 0. Real time hardly passes then: wait for sockets and processes in `it.live`, or with
 * `TestServices.provideLive`.
 */
export const eventually: {
  <A, E, R, B extends A>(
    read: Effect.Effect<A, E, R>,
    predicate: (value: A) => value is B,
    options?: EventuallyOptions
  ): Effect.Effect<B, E | NotReached, R>
  <A, E, R>(
    read: Effect.Effect<A, E, R>,
    predicate: (value: A) => boolean,
    options?: EventuallyOptions
  ): Effect.Effect<A, E | NotReached, R>
} = <A, E, R>(
  read: Effect.Effect<A, E, R>,
  predicate: (value: A) => boolean,
  { every = usual, within = "5 seconds" }: EventuallyOptions = {}
): Effect.Effect<A, E | NotReached, R> =>
  Effect.gen(function* () {
    const seen = yield* Ref.make<{ readonly reads: number; readonly last: unknown }>({ reads: 0, last: undefined })
    const noted = Effect.tap(read, (last) => Ref.update(seen, ({ reads }) => ({ reads: reads + 1, last })))
    const isMoved = Predicate.hasProperty(yield* Effect.clock, "adjust")
    // A clock that is moved on by nothing never comes to the deadline.
    const step = isMoved && Duration.lessThan(every, "1 millis") ? usual : every
    const reached: Effect.Effect<A, E, R> = Effect.flatMap(noted, (value) =>
      predicate(value) ? Effect.succeed(value) : Effect.zipRight(Effect.sleep(step), reached)
    )
    const waiting = isMoved
      ? Effect.raceFirst(reached, Effect.forever(Effect.zipRight(Effect.yieldNow(), TestClock.adjust(step))))
      : reached
    const inTime = Effect.timeoutTo(waiting, {
      // A deadline that is now comes before what is so already is looked at.
      duration: Duration.max(within, "1 millis"),
      onSuccess: Effect.succeed,
      onTimeout: () =>
        Effect.flatMap(Ref.get(seen), (found) => new NotReached({ ...found, within: Duration.decode(within) }))
    })
    return yield* Effect.flatten(inTime)
  })

const usual: Duration.DurationInput = "50 millis"
