/**
 * A stream: the metrics of a registry as they arrive at one address under one resource. What is known of it belongs to
 * the registry and not to the layer that exports it: a layer that is built later goes on where the one before it ended.
 */
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import type { Meter } from "../instrument/meter.ts"
import type { MetricsService } from "../metrics.ts"
import type { ExportReport } from "../collect/destination.ts"
import type { Sender } from "./sender.ts"
import { type Baselines, makeBaselines, type Temporality } from "../collect/points/temporality.ts"
import { type Frozen, makeFrozen } from "./frozen.ts"
import { type LeftOut, makeLeftOut } from "./left-out.ts"
import { makeWireTime } from "./wire-time.ts"

/** An export, and what it is sent with. */
export interface UnderWay {
  readonly fiber: Fiber.RuntimeFiber<ExportReport>
  readonly sender: Sender
  /** Whether the layer that makes it has ended. */
  readonly isLeft: Effect.Effect<boolean>
}

/** What is known of a stream. */
export interface Stream {
  readonly baselines: Baselines
  /** The time of the points of a collection that begins now. */
  readonly time: Effect.Effect<bigint>
  readonly frozen: Frozen
  readonly leftOut: LeftOut
  /** Nothing is sent for so long, in real time, as the receiver said with these words. */
  readonly pause: (why: string, ms: number | undefined) => void
  /** Why nothing is to be sent now. */
  readonly paused: () => string | undefined
  /** Whether a message of the receiver is another one than before. */
  readonly isNews: (message: string) => boolean
  /** Exports come one after the other, whichever layer makes them. */
  readonly oneAtATime: Effect.Semaphore
  /** Exports that have not ended, those that wait for their turn among them. */
  readonly underWay: Set<UnderWay>
}

/** The stream of these words: two that differ in address, headers, resource or registries are two. */
export const streamOf = (meter: Meter, id: string, temporality: Temporality): Stream => {
  const streams = known.get(meter) ?? new Map<string, Stream>()
  known.set(meter, streams)
  const stream = streams.get(id) ?? {
    baselines: makeBaselines(temporality),
    time: makeWireTime(),
    frozen: makeFrozen(),
    leftOut: makeLeftOut(),
    ...makePause(),
    isNews: makeNews(),
    oneAtATime: Effect.unsafeMakeSemaphore(1),
    underWay: new Set<UnderWay>()
  }
  streams.set(id, stream)
  return stream
}

const makePause = (): Pick<Stream, "pause" | "paused"> => {
  let paused = { why: "", until: 0 }
  return {
    pause: (why, ms = 0) => {
      paused = { why, until: performance.now() + ms }
    },
    paused: () => {
      const left = Math.ceil((paused.until - performance.now()) / 1_000)
      return left > 0 ? `${paused.why} (it asked for a pause, ${left} s of it are left)` : undefined
    }
  }
}

/** As many messages as are remembered: a receiver may make a new one each time. */
const mostMessages = 16

const makeNews = (): Stream["isNews"] => {
  const seen = new Set<string>()
  return (message) => {
    // Numbers change from one time to the next, and what they count stays the same.
    const key = message.replace(/\d+/g, "0")
    if (seen.has(key) || seen.size >= mostMessages) {
      return false
    }
    seen.add(key)
    return true
  }
}

const known = new WeakMap<Meter, Map<string, Stream>>()

/** What comes last, by stream: of layers that export one stream, the one that was built last ends it. */
export const endsOf = (metrics: MetricsService): Effect.Effect<Map<string, Effect.Effect<void>>> =>
  Effect.suspend(() => {
    const found = ends.get(metrics)
    if (found !== undefined) {
      return Effect.succeed(found)
    }
    const made = new Map<string, Effect.Effect<void>>()
    ends.set(metrics, made)
    const all = Effect.suspend(() => Effect.all(made.values(), { concurrency: "unbounded", discard: true }))
    return Effect.as(Scope.addFinalizer(metrics.scope, all), made)
  })

const ends = new WeakMap<MetricsService, Map<string, Effect.Effect<void>>>()
