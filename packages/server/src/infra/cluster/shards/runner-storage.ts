/**
 * The decorator of `RunnerStorage`: times its operations, and reports the shards that this runner holds, how many there
 * are in the cluster, and each that comes or goes.
 */
import * as RunnerStorage from "@effect/cluster/RunnerStorage"
import type { RunnerAddress } from "@effect/cluster/RunnerAddress"
import type { ShardId } from "@effect/cluster/ShardId"
import * as ShardingConfig from "@effect/cluster/ShardingConfig"
import * as SqlRunnerStorage from "@effect/cluster/SqlRunnerStorage"
import type { SqlClient } from "@effect/sql/SqlClient"
import * as Arr from "effect/Array"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import { soundClock } from "../../../observe/instrument/sound-clock.ts"
import { MetricsService } from "../../../observe/metrics.ts"
import { decorateOnce } from "../../decorator/decorate-once.ts"
import { deliveriesOf } from "../deliveries.ts"
import type { ClusterMetricsOptions } from "../options.ts"
import { type OperationTimer, operationTimer } from "../storage/operation-timer.ts"
import { HeldShards } from "./held-shards.ts"
import { observeConfigured, observeHeld } from "./shard-gauges.ts"

type Storage = RunnerStorage.RunnerStorage["Type"]

/** Decorates the `RunnerStorage` that it is given: its operations, and the shards held and moved. */
export const runnerStorage = (
  options: ClusterMetricsOptions = {}
): Layer.Layer<
  RunnerStorage.RunnerStorage,
  never,
  RunnerStorage.RunnerStorage | ShardingConfig.ShardingConfig | MetricsService
> =>
  Layer.scoped(
    RunnerStorage.RunnerStorage,
    Effect.gen(function* () {
      const storage = yield* RunnerStorage.RunnerStorage
      const config = yield* ShardingConfig.ShardingConfig
      const metrics = yield* MetricsService
      if (options.shards === false && options.storage === false) {
        return storage
      }
      const held = new HeldShards(metrics)
      const decorated = decorateOnce("RunnerStorage", storage, {
        meter: metrics.meter,
        decorate: (given) => decorate(given, { held, metrics, options, answerTimeout: answerTimeoutOf(config) })
      })
      if (decorated !== storage && options.shards !== false) {
        yield* observeConfigured(metrics, config)
        yield* observeHeld(metrics, held)
      }
      return decorated
    })
  )

/** The decorated `SqlRunnerStorage` of `@effect/cluster`. */
export const sqlRunnerStorage = (
  options: ClusterMetricsOptions = {}
): Layer.Layer<RunnerStorage.RunnerStorage, never, SqlClient | ShardingConfig.ShardingConfig | MetricsService> =>
  runnerStorage(options).pipe(Layer.provide(Layer.orDie(SqlRunnerStorage.layer)))

const site = "cluster shards"

interface Decorating {
  readonly held: HeldShards
  readonly metrics: MetricsService
  readonly options: ClusterMetricsOptions
  /** How long the runner waits for the storage to answer about its locks. */
  readonly answerTimeout: Duration.Duration
}

const decorate = (storage: Storage, decorating: Decorating): Storage => {
  const { held, metrics, options } = decorating
  const timed = options.storage === false ? untimed : operationTimer(metrics)
  const onAnswer = answers(decorating)
  const release = releasing(decorating)
  return {
    register: (runner, healthy) => timed("register", storage.register(runner, healthy)),
    unregister: (address) => timed("unregister", storage.unregister(address)),
    getRunners: timed("get_runners", storage.getRunners),
    setRunnerHealth: (address, healthy) => timed("set_runner_health", storage.setRunnerHealth(address, healthy)),
    acquire: (address, ids) =>
      onAnswer(timed("acquire", storage.acquire(address, ids)), (answer) => held.acquire(answer)),
    refresh: (address, ids) => {
      const asked = Array.from(ids)
      return onAnswer(timed("refresh", storage.refresh(address, asked)), (answer) => held.refresh(answer, asked))
    },
    release: (address, id) =>
      Effect.zipRight(
        release(address, () => [id.toString()]),
        Effect.tap(timed("release", storage.release(address, id)), () =>
          Effect.sync(() => metrics.meter.guard(site, () => held.release(id)))
        )
      ),
    releaseAll: (address) =>
      Effect.zipRight(
        release(address, () => held.all()),
        Effect.tap(timed("release_all", storage.releaseAll(address)), () =>
          Effect.sync(() => metrics.meter.guard(site, () => held.releaseAll()))
        )
      )
  }
}

/** Passes on the shards of an answer of the storage. Without an answer no shard is confirmed any more. */
const answers =
  ({ answerTimeout, held, metrics: { meter } }: Decorating) =>
  <E, R>(
    effect: Effect.Effect<Array<ShardId>, E, R>,
    answered: (shards: ReadonlyArray<ShardId>) => void
  ): Effect.Effect<Array<ShardId>, E, R> =>
    Effect.clockWith((given) => {
      const clock = soundClock(given)
      const startMillis = clock.unsafeCurrentTimeMillis()
      // An interruption before the timeout is a runner that stops: it holds what it held. The runner's own timer
      // started a little earlier, hence the 0.9.
      const isStopping = (exit: Exit.Exit<unknown, unknown>) =>
        Exit.isInterrupted(exit) &&
        clock.unsafeCurrentTimeMillis() - startMillis < 0.9 * Duration.toMillis(answerTimeout)
      const handle = (exit: Exit.Exit<Array<ShardId>, E>) =>
        Exit.isSuccess(exit) ? answered(exit.value) : isStopping(exit) ? undefined : held.unconfirm()
      return Effect.onExit(effect, (exit) => Effect.sync(() => meter.guard(site, () => handle(exit))))
    })

/** Tells the deliveries that shards are released, before another runner may take them. */
const releasing = ({ held, metrics }: Decorating) => {
  const deliveries = deliveriesOf(metrics.meter)
  return ({ host, port }: RunnerAddress, shards: () => ReadonlyArray<string>): Effect.Effect<void> =>
    Effect.suspend(() => {
      // What is marked as read in a shard that is not held was read by its new runner.
      const [gone, ours] = Arr.partition(shards(), (shard) => held.has(shard))
      deliveries.forgetShards(gone)
      return deliveries.releaseShards(ours, `${host}:${port}`)
    })
}

// As in `Sharding`: the interval of lock refreshes, and at most a third of the time after which a lock expires.
const answerTimeoutOf = ({ shardLockExpiration, shardLockRefreshInterval }: ShardingConfig.ShardingConfig["Type"]) =>
  Duration.min(shardLockRefreshInterval, Duration.times(shardLockExpiration, 1 / 3))

const untimed: OperationTimer = (_operation, effect) => effect
