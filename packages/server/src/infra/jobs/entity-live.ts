/** The entity at work: a partition that comes to this runner is worked on for as long as its shard stays. */
import * as Entity from "@effect/cluster/Entity"
import * as Sharding from "@effect/cluster/Sharding"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Runtime from "effect/Runtime"
import type * as Scope from "effect/Scope"
import type { OptionsError } from "../../observe/instrument/options-error.ts"
import type { MetricsService } from "../../observe/metrics.ts"
import { JobCalls } from "./calls.ts"
import { JobsConfig } from "./config.ts"
import { checkConnections } from "./connections.ts"
import type { JobHandlers } from "./definition/handlers.ts"
import { JobEntity, partitionId } from "./entity.ts"
import { depthSampler } from "./gauges.ts"
import { retention } from "./retention.ts"
import { hintsOf } from "./runner/listen.ts"
import { makeRunner, type Runner } from "./runner/runner.ts"
import { JobStore } from "./store.ts"
import { type LocalRunner, LocalRunners } from "./submit/local-runners.ts"
import { found } from "./submit/refusal.ts"
import { outliving } from "./transaction.ts"

/**
 * Runs jobs on this runner: registers the entity of the partitions, owns those whose shards this runner holds, and
 * takes part in choosing the one runner that samples the depth and removes what is finished for long enough.
 */
export const JobEntityLive: Layer.Layer<
  never,
  OptionsError,
  Sharding.Sharding | SqlClient.SqlClient | JobStore | JobHandlers | MetricsService
> = Layer.unwrapScoped(
  Effect.gen(function* () {
    yield* checkConnections
    const client = yield* SqlClient.SqlClient
    const tables = yield* JobStore
    const settings = yield* JobsConfig
    const runner = yield* outliving(makeRunner({ tables, settings, hints: hintsOf(client, tables) }))
    yield* tellDirectly(runner)
    return Layer.locallyEffect(Layer.mergeAll(entity(runner), keeper(runner), depthSampler, retention), outliving)
  })
).pipe(Layer.provide(JobCalls.layer))

/** This process tells the runner what it has committed. */
const tellDirectly = (runner: Runner): Effect.Effect<void, never, Scope.Scope> =>
  Effect.gen(function* () {
    const runners = yield* LocalRunners
    const run = Runtime.runSync(yield* outliving(Effect.runtime<never>()))
    const told: LocalRunner = {
      waiting: () => run(runner.told),
      cancelled: (ids) => ids.forEach((id) => run(runner.cancelled(id))),
      perhapsCancelled: () => run(runner.perhapsCancelled)
    }
    yield* Effect.acquireRelease(
      Effect.sync(() => runners.add(told)),
      () => Effect.sync(() => runners.delete(told))
    )
  })

const entity = (runner: Runner) =>
  JobEntity.toLayer(
    Effect.gen(function* () {
      const tables = yield* JobStore
      const { cancel, replay, submit } = yield* JobCalls
      const { entityId } = yield* Entity.CurrentAddress
      const partition = Number(entityId)
      yield* runner.own(partition)
      return JobEntity.of({
        submit: ({ payload: { isLimited = false, jobType: type, ...job } }) =>
          submit({ type, priority: job.priority }, Effect.succeed({ ...job, type, partition, isLimited })),
        cancel: ({ payload }) => cancel(payload.id),
        replay: ({ payload }) => replay(payload.id),
        status: ({ payload }) => found(payload.id, tables.status(payload.id)),
        wake: () => Effect.void
      })
    }),
    { maxIdleTime: Duration.infinity, concurrency: "unbounded", disableFatalDefects: true }
  )

/** How often to look for partitions that have come to this runner. */
const lookEvery = "100 millis"

/** Wakes the partitions whose shards have come to this runner: nothing else would. */
const keeper = (runner: Runner) =>
  Layer.scopedDiscard(
    Effect.gen(function* () {
      const sharding = yield* Sharding.Sharding
      const { partitions } = yield* JobsConfig
      const client = yield* JobEntity.client
      const shards = yield* Effect.forEach(
        Array.from({ length: partitions }, (_, partition) => partition),
        (partition) => Effect.map(JobEntity.getShardId(partitionId(partition)), (shard) => ({ partition, shard }))
      )
      const wake = (partition: number) =>
        // However a wake ends, the next round tries again: a shard that moves interrupts it, a lost connection kills
        // it.
        Effect.catchAllCause(Effect.timeout(client(partitionId(partition)).wake(), "5 seconds"), (cause) =>
          Effect.logDebug(`Partition ${partition} was not woken; it will be tried again`, cause)
        )
      const round = Effect.flatMap(runner.owned, (all) => {
        const owned = new Set(all)
        const missing = shards.filter(({ partition, shard }) => !owned.has(partition) && sharding.hasShardId(shard))
        return Effect.forEach(missing, ({ partition }) => wake(partition), { concurrency: "unbounded", discard: true })
      })
      yield* Effect.forkScoped(Effect.interruptible(Effect.forever(Effect.zipRight(round, Effect.sleep(lookEvery)))))
    })
  )
