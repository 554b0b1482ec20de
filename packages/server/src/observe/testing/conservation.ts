/** The law of jobs: what came in went out, or is still held. */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type { Bindable } from "../instrument/bind.ts"
import { InstrumentId } from "../instrument/instrument.ts"
import { MetricsService } from "../metrics.ts"
import { valueOf } from "./value.ts"

/** What came in is not what went out and is still held. */
export class NotConserved extends Data.TaggedError("NotConserved")<{
  readonly enqueued: number
  readonly replays: number
  readonly completed: number
  readonly cancelled: number
  readonly deadLettered: number
  readonly held: number
}> {
  override get message(): string {
    return (
      `${this.enqueued} enqueued + ${this.replays} replays is not ${this.completed} completed + ` +
      `${this.cancelled} cancelled + ${this.deadLettered} dead-lettered + ${this.held} held`
    )
  }
}

/** Fails unless enqueued + replays = completed + cancelled + dead-lettered + held, over all labels. */
export const expectConserved = (held: number): Effect.Effect<void, NotConserved, MetricsService> =>
  Effect.flatMap(MetricsService, ({ jobs }) => {
    const total = (handle: Pick<Bindable, typeof InstrumentId>): number => {
      let sum = 0
      for (const series of handle[InstrumentId].all()) {
        const value = valueOf(series.state())
        sum += typeof value === "number" ? value : 0
      }
      return sum
    }
    const sides = {
      enqueued: total(jobs.enqueued),
      replays: total(jobs.replays),
      completed: total(jobs.completions),
      cancelled: total(jobs.cancellations),
      deadLettered: total(jobs.deadLettered),
      held
    }
    return sides.enqueued + sides.replays === sides.completed + sides.cancelled + sides.deadLettered + sides.held
      ? Effect.void
      : Effect.fail(new NotConserved(sides))
  })
