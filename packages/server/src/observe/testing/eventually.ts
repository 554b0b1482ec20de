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

/** The predicate was not satisfied in time. `last` is the value of the last read, and undefined if none ended. */
export class NotReached extends Data.TaggedError("NotReached")<{
  readonly last: unknown
  readonly reads: number
  readonly within: Duration.Duration
}> {
  /** The time limit, the number of reads, and the last value. */
  override get message(): string {
    const times = this.reads === 1 ? "once" : `${this.reads} times`
    return this.reads === 0
      ? `nothing could be read within ${Duration.format(this.within)}: the first read did not end`
      : `not the expected value within ${Duration.format(this.within)}: read ${times}, last ${textOfValue(this.last)}`
  }
}

/**
 * Reads repeatedly until a value satisfies the predicate, and returns that value. Fails with {@link NotReached} after a
 * deadline, and with the error of a read that fails.
 *
 * The time is that of Effect's `Clock`. A `TestClock` is moved by `every` for each read, so that sleeping fibers continue and
 * the deadline passes without a fork in the test. There, an `every` of less than 1 millisecond becomes 50. Real time hardly
 * passes with a `TestClock`: wait for sockets and processes in `it.live`, or with `TestServices.provideLive`.
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
