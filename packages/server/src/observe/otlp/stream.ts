/**
 * A stream: the metrics of a registry as they arrive at one address under one resource. What is known of it belongs to
 * the registry and not to the layer that exports it: a layer that is built later goes on where the one before it ended.
 */
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import type { Meter } from "../instrument/meter.ts"
import { observeLasting } from "../instrument/sampler.ts"
import type { MetricsService } from "../metrics.ts"
import { type Baselines, makeBaselines, type Temporality } from "../collect/points/temporality.ts"
import { type Frozen, makeFrozen } from "./frozen.ts"
import { type LeftOut, makeLeftOut } from "./left-out.ts"
import { makeNews, type News } from "./news.ts"
import { makeReceiverPause, type ReceiverPause } from "./receiver-pause.ts"
import type { UnderWay } from "./under-way.ts"
import { makeUnsentExemplars, type UnsentExemplars } from "./unsent-exemplars.ts"
import { makeWireTime } from "./wire-time.ts"

/** What is known of a stream. */
export interface Stream extends ReceiverPause {
  readonly baselines: Baselines
  readonly exemplars: UnsentExemplars
  /** The time of the points of a collection that begins now. */
  readonly time: Effect.Effect<bigint>
  readonly frozen: Frozen
  readonly leftOut: LeftOut
  readonly isNews: News
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
    exemplars: makeUnsentExemplars(),
    time: makeWireTime(),
    frozen: makeFrozen(),
    leftOut: makeLeftOut(),
    ...makeReceiverPause(),
    isNews: makeNews(),
    oneAtATime: Effect.unsafeMakeSemaphore(1),
    underWay: new Set<UnderWay>()
  }
  streams.set(id, stream)
  return stream
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
    const last = Effect.scoped(Effect.zipRight(observeLasting(metrics.meter), all))
    return Effect.as(Scope.addFinalizer(metrics.scope, last), made)
  })

const ends = new WeakMap<MetricsService, Map<string, Effect.Effect<void>>>()
