/** The options of the runtime's metrics, and what they come to. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import { attempt } from "../catalogue/attempt.ts"
import { OptionsError } from "../instrument/options-error.ts"

/** How to measure the event loop. */
export interface EventLoopOptions {
  /**
   * How often Node's monitor looks, in whole milliseconds; 100 ms unless given. A stall is known to within this much, and a
   * shorter one may be missed. The monitor is most of what the layer costs, and costs twice as much at half of this.
   */
  readonly resolution?: Duration.DurationInput | undefined
  /**
   * The least time that delay and utilisation are of; 5 seconds unless given. A collection that comes sooner after another
   * one sees the same values again, so that destinations do not take them from one another. With the longest interval at
   * which any of several destinations collects, each of them sees every window.
   */
  readonly window?: Duration.DurationInput | undefined
}

/** What to measure: everything unless turned off. A part that is `false` starts no monitor and has no series. */
export interface RuntimeOptions {
  /** Delay, utilisation and time of the event loop. */
  readonly eventLoop?: boolean | EventLoopOptions | undefined
  /** Duration of garbage collections, by type. */
  readonly garbageCollection?: boolean | undefined
  /** The heap by space, its limit, and external memory. */
  readonly heap?: boolean | undefined
  /** Processor time, resident memory, file descriptors, start time and uptime. */
  readonly process?: boolean | undefined
  /** Effect's fibers. Its own metrics `effect_fiber_*` are left out of what is exported from then on: these are the same. */
  readonly fibers?: boolean | undefined
}

/** The event loop's options in milliseconds. */
export interface EventLoopSettings {
  readonly resolutionMs: number
  readonly windowMs: number
}

/** The parts that are on. */
export interface RuntimeSettings {
  readonly eventLoop: EventLoopSettings | undefined
  readonly garbageCollection: boolean
  readonly heap: boolean
  readonly process: boolean
  readonly fibers: boolean
}

/** The options with their defaults. */
export const soundOptions = (options: RuntimeOptions): Effect.Effect<RuntimeSettings, OptionsError> =>
  Effect.gen(function* () {
    const isRecord: boolean = Predicate.isReadonlyRecord(options)
    if (!isRecord) {
      return yield* wrong("options", options, "a record")
    }
    const { eventLoop = true, fibers = true, garbageCollection = true, heap = true, process = true } = options
    const parts: Readonly<Record<string, unknown>> = { fibers, garbageCollection, heap, process }
    const part = Object.keys(parts).find((name) => !Predicate.isBoolean(parts[name]))
    if (part !== undefined) {
      return yield* wrong(part, parts[part], "true or false")
    }
    if (!Predicate.isBoolean(eventLoop) && !Predicate.isReadonlyRecord(eventLoop)) {
      return yield* wrong("eventLoop", eventLoop, "true, false, or a record of resolution and window")
    }
    const loop = eventLoop === false ? undefined : yield* soundEventLoop(eventLoop === true ? {} : eventLoop)
    return { eventLoop: loop, fibers, garbageCollection, heap, process }
  })

const soundEventLoop = ({
  resolution = "100 millis",
  window = "5 seconds"
}: EventLoopOptions): Effect.Effect<EventLoopSettings, OptionsError> =>
  Effect.gen(function* () {
    const resolutionMs = millisOf(resolution)
    if (!(Number.isInteger(resolutionMs) && resolutionMs >= 1 && resolutionMs <= 1_000)) {
      return yield* wrong("eventLoop.resolution", resolution, "whole milliseconds from 1 to 1000")
    }
    const windowMs = millisOf(window)
    if (!(windowMs >= 1_000 && windowMs <= 3_600_000)) {
      return yield* wrong("eventLoop.window", window, "a duration from 1 second to 1 hour")
    }
    return { resolutionMs, windowMs }
  })

const millisOf = (given: Duration.DurationInput): number =>
  Option.match(Duration.decodeUnknown(given), { onNone: () => Number.NaN, onSome: Duration.toMillis })

const wrong = (option: string, given: unknown, expected: string): OptionsError =>
  OptionsError.of({
    option: `RuntimeMetrics.layer ${option}`,
    given: attempt(() => String(given)) ?? "an object",
    expected
  })
