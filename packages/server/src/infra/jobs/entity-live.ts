/** The entity at work: a lane that comes to this runner is worked on for as long as its shard stays. */
import * as Entity from "@effect/cluster/Entity"
import * as Sharding from "@effect/cluster/Sharding"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { MetricsService } from "../../observe/metrics.ts"
import { JobsConfig } from "./config.ts"
import { depthSampler } from "./depth.ts"
import { type Dispatcher, makeDispatcher } from "./dispatch.ts"
import { JobEntity } from "./entity.ts"
import type { JobHandlers } from "./handlers.ts"
import { laneId } from "./lane-id.ts"
import { makeOperations } from "./operations.ts"
import { makeRecorder } from "./record.ts"
import { JobStore } from "./store.ts"

/**
 * Runs jobs on this runner: registers the entity of the lanes, keeps those alive whose shards this runner holds, and
 * takes part in choosing the one runner that samples the depth.
 */
export const JobEntityLive: Layer.Layer<never, never, Sharding.Sharding | JobStore | JobHandlers | MetricsService> =
  Layer.unwrapScoped(
    Effect.map(makeDispatcher, (dispatcher) => Layer.mergeAll(entity(dispatcher), keeper(dispatcher), depthSampler))
  )

const entity = (dispatcher: Dispatcher) =>
  JobEntity.toLayer(
    Effect.gen(function* () {
      const store = yield* JobStore
      const recorder = yield* makeRecorder
      const { entityId } = yield* Entity.CurrentAddress
      const lane = Number(entityId)
      yield* Effect.orDie(dispatcher.hold(lane))
      const operations = yield* makeOperations({ store, recorder, dispatcher })
      return JobEntity.of({
        submit: ({ payload }) => operations.submit({ ...payload, lane }),
        cancel: ({ payload }) => operations.cancel({ ...payload, lane }),
        replay: ({ payload }) => operations.replay({ ...payload, lane }),
        wake: () => Effect.void
      })
    }),
    { maxIdleTime: Duration.infinity, concurrency: "unbounded", disableFatalDefects: true }
  )

/** Wakes the lanes whose shards have come to this runner: nothing else would, until somebody submits to them. */
const keeper = (dispatcher: Dispatcher) =>
  Layer.scopedDiscard(
    Effect.gen(function* () {
      const sharding = yield* Sharding.Sharding
      const { lanes, wakeEvery } = yield* JobsConfig
      const client = yield* JobEntity.client
      const wake = (lane: number) =>
        Effect.gen(function* () {
          const shard = yield* Effect.provideService(JobEntity.getShardId(laneId(lane)), Sharding.Sharding, sharding)
          if (!dispatcher.isHeld(lane) && sharding.hasShardId(shard)) {
            yield* Effect.timeout(client(laneId(lane)).wake(), "5 seconds")
          }
        }).pipe(
          // However a wake ends, the next round tries again: a lane that moves interrupts it, a lost connection kills it.
          Effect.catchAllCause((cause) => Effect.logDebug(`Lane ${lane} was not woken; it will be tried again`, cause))
        )
      const all = Effect.forEach(
        Array.from({ length: lanes }, (_, lane) => lane),
        wake,
        {
          concurrency: "unbounded",
          discard: true
        }
      )
      yield* Effect.forkScoped(Effect.interruptible(Effect.forever(Effect.zipRight(all, Effect.sleep(wakeEvery)))))
    })
  )
