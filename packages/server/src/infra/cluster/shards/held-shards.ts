/** The shard locks of one runner, as its storage last confirmed them, and the count of those that came or went. */
import type { ShardId } from "@effect/cluster/ShardId"
import type { shardMoveDirections } from "../../../observe/catalogue.ts"
import { bind } from "../../../observe/instrument/bind.ts"
import type { MetricsService } from "../../../observe/metrics.ts"

type Direction = (typeof shardMoveDirections)[number]

/** The shards that one runner holds. */
export class HeldShards {
  /** False after the storage failed to answer: no shard counts as held until it lists the locks again. */
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

  /** Is the shard held, and confirmed. */
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

  /** Of the shards that were asked for, these are held and the others are lost. Asking for none confirms none. */
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

  /** One shard was released. */
  release(id: ShardId): void {
    if (this.shards.delete(id.toString())) {
      this.move("released", 1)
    }
  }

  /** All shards were released. Those that were not confirmed had been lost before. */
  releaseAll(): void {
    this.move(this.isConfirmed ? "released" : "lost", this.shards.size)
    this.shards.clear()
    this.isConfirmed = true
  }

  /** The storage did not answer: what it does not confirm does not count as held. */
  unconfirm(): void {
    this.isConfirmed = this.shards.size === 0
  }

  private move(direction: Direction, count: number): void {
    if (count > 0) {
      bind(this.metrics.cluster.shardMoves, { direction }).record(count)
    }
  }
}
