/**
 * The decorator of `RunnerStorage`: the shard locks that this runner really holds, as the storage confirmed them, beside
 * how many there are to hold, and each that came or went.
 */
import * as RunnerStorage from "@effect/cluster/RunnerStorage"
import type { RunnerAddress } from "@effect/cluster/RunnerAddress"
import type { ShardId } from "@effect/cluster/ShardId"
import * as ShardingConfig from "@effect/cluster/ShardingConfig"
import * as Arr from "effect/Array"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as GlobalValue from "effect/GlobalValue"
import * as Layer from "effect/Layer"
import type { Meter } from "../../../observe/instrument/meter.ts"
import { MetricsService } from "../../../observe/metrics.ts"
import { bind } from "../bind.ts"
import { handedOutOf } from "../deliveries.ts"
import { once } from "../../decorator/decorate-once.ts"
import type { ClusterMetricsOptions } from "../options.ts"
import { timedOperations } from "../storage/operation-timer.ts"

type Storage = RunnerStorage.RunnerStorage["Type"]

type Direction = "acquired" | "released" | "lost"

/** Decorates the `RunnerStorage` that it is given: shards held and moved, and the storage's operations. */
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
      const watched = once("RunnerStorage", storage, {
        meter: metrics.meter,
        decorate: (given) => decorate(given, { held, metrics, options, patience: patienceOf(config) })
      })
      if (watched !== storage && options.shards !== false) {
        yield* reportConfigured(metrics, config)
        yield* report(metrics, held)
      }
      return watched
    })
  )

/** The locks of one runner, as its storage last confirmed them. */
class HeldShards {
  /** The storage failed to answer: nothing is known to be held until it lists the locks again. */
  private isConfirmed = true
  private readonly shards = new Set<string>()
  private readonly metrics: MetricsService

  constructor(metrics: MetricsService) {
    this.metrics = metrics
  }

  get size(): number {
    return this.isConfirmed ? this.shards.size : 0
  }

  all(): ReadonlyArray<string> {
    return Array.from(this.shards)
  }

  /** Is it held, for all that is known? None is while the storage does not answer. */
  has(shard: string): boolean {
    return this.isConfirmed && this.shards.has(shard)
  }

  /** These were acquired, or were held already. */
  acquire(held: ReadonlyArray<ShardId>): void {
    for (const id of held.map(String)) {
      if (!this.shards.has(id)) {
        this.shards.add(id)
        this.move("acquired", 1)
      }
    }
  }

  /** Of those that were asked for these are held, the others are lost. Asking for none confirms none. */
  refresh(held: ReadonlyArray<ShardId>, asked: ReadonlyArray<ShardId>): void {
    if (asked.length === 0) {
      return
    }
    this.isConfirmed = true
    this.acquire(held)
    const now = new Set(held.map(String))
    for (const id of asked.map(String)) {
      if (!now.has(id) && this.shards.delete(id)) {
        this.move("lost", 1)
      }
    }
  }

  /** A lock was given back. */
  release(id: ShardId): void {
    if (this.shards.delete(id.toString())) {
      this.move("released", 1)
    }
  }

  /** All locks are given back; those that the storage did not confirm were lost before. */
  releaseAll(): void {
    this.move(this.isConfirmed ? "released" : "lost", this.shards.size)
    this.shards.clear()
    this.isConfirmed = true
  }

  /** The storage did not answer: a lock that can't be confirmed is not counted as held. */
  doubt(): void {
    this.isConfirmed = this.shards.size === 0
  }

  private move(direction: Direction, count: number): void {
    if (count > 0) {
      bind(this.metrics.cluster.shardMoves, { direction }).record(count)
    }
  }
}

const site = "cluster shards"

interface Decorating {
  readonly held: HeldShards
  readonly metrics: MetricsService
  readonly options: ClusterMetricsOptions
  /** How long the runner waits for an answer about its locks. */
  readonly patience: Duration.Duration
}

const decorate = (storage: Storage, { held, metrics, options, patience }: Decorating): Storage => {
  const timed = options.storage === false ? untimed : timedOperations(metrics)
  const handedOut = handedOutOf(metrics.meter)
  const onAnswer = <E, R>(
    effect: Effect.Effect<Array<ShardId>, E, R>,
    answered: (held: ReadonlyArray<ShardId>) => void
  ): Effect.Effect<Array<ShardId>, E, R> =>
    Effect.clockWith((clock) => {
      const startMillis = clock.unsafeCurrentTimeMillis()
      // A runner that stops interrupts as well, and holds what it held. The timer of the runner is a little older.
      const isStopped = (exit: Exit.Exit<unknown, unknown>) =>
        Exit.isInterrupted(exit) && clock.unsafeCurrentTimeMillis() - startMillis < 0.9 * Duration.toMillis(patience)
      const learn = (exit: Exit.Exit<Array<ShardId>, E>) =>
        Exit.isSuccess(exit) ? answered(exit.value) : isStopped(exit) ? undefined : held.doubt()
      return Effect.onExit(effect, (exit) => Effect.sync(() => metrics.meter.guard(site, () => learn(exit))))
    })
  // Before another runner may take them: what it was handed and never handled is no redelivery. What was read of a shard
  // that is not held was read by its new runner.
  const giveBack = ({ host, port }: RunnerAddress, shards: () => ReadonlyArray<string>): Effect.Effect<void> =>
    Effect.suspend(() => {
      const [gone, ours] = Arr.partition(shards(), (shard) => held.has(shard))
      handedOut.forget(gone)
      return handedOut.giveBack(ours, `${host}:${port}`)
    })
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
        giveBack(address, () => [id.toString()]),
        Effect.tap(timed("release", storage.release(address, id)), () =>
          Effect.sync(() => metrics.meter.guard(site, () => held.release(id)))
        )
      ),
    releaseAll: (address) =>
      Effect.zipRight(
        giveBack(address, () => held.all()),
        Effect.tap(timed("release_all", storage.releaseAll(address)), () =>
          Effect.sync(() => metrics.meter.guard(site, () => held.releaseAll()))
        )
      )
  }
}

// As `Sharding` has it: the interval between two refreshes, and a third of the time after which a lock expires at most.
const patienceOf = ({ shardLockExpiration, shardLockRefreshInterval }: ShardingConfig.ShardingConfig["Type"]) =>
  Duration.min(shardLockRefreshInterval, Duration.times(shardLockExpiration, 1 / 3))

const untimed = <A, E, R>(_operation: string, effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> => effect

/** The cluster has the shards of every available group, whichever of them this runner serves. */
const reportConfigured = (metrics: MetricsService, config: ShardingConfig.ShardingConfig["Type"]) => {
  const value = ShardingConfig.shardGroupConfig(config).available.size * config.shardsPerGroup
  return Effect.provideService(
    MetricsService.observe(metrics.cluster.shardsConfigured, () => [{ labels: {}, value }]),
    MetricsService,
    metrics
  )
}

// The gauge has no label: where several runners share a process it is their sum, and it stays at zero after the last.
const report = (metrics: MetricsService, held: HeldShards) => {
  const runners = runnersOf.get(metrics.meter) ?? new Set()
  runnersOf.set(metrics.meter, runners)
  const sum = () => Array.from(runners).reduce((total, { size }) => total + size, 0)
  return Effect.gen(function* () {
    yield* Effect.acquireRelease(
      Effect.sync(() => runners.add(held)),
      () =>
        Effect.sync(() => {
          runners.delete(held)
          bind(metrics.cluster.shardsHeld, {}).record(sum())
        })
    )
    yield* MetricsService.zero(metrics.cluster.shardMoves)
    yield* MetricsService.observe(metrics.cluster.shardsHeld, () => [{ labels: {}, value: sum() }])
  }).pipe(Effect.provideService(MetricsService, metrics))
}

const runnersOf = GlobalValue.globalValue(
  Symbol.for("@parametric-portal/server/heldShards"),
  () => new WeakMap<Meter, Set<HeldShards>>()
)
