/** Counting the elements of a stream as they pass, a chunk at a time. */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import type * as Metric from "effect/Metric"
import * as Stream from "effect/Stream"
import type { Row } from "../catalogue/row.ts"
import type { LabelInput } from "../instrument/label.ts"
import type { AnyMetric } from "../instrument/update.ts"

/** A counter of this library, or one of Effect's, whose labels nobody declares. */
export type AnyCounter<Label extends string> = Metric.Metric.Counter<number> &
  AnyMetric<number> & {
    readonly labelNames?: ReadonlyArray<Label>
    readonly row?: Row
  }

/** How to count and log the progress of a stream. */
export interface StreamProgressOptions<Label extends string> {
  /** The counter of elements. */
  readonly counter: AnyCounter<Label>
  /** The labels of the counter. */
  readonly labels?: LabelInput<NoInfer<Label>> | undefined
  /** A line is logged each time that the number of elements passes a multiple of this. Default: 1,000. */
  readonly logInterval?: number | undefined
}

/** Runs `count` with the number of elements of each chunk that passes; the chunks stay as they are. */
export const countElements = <A, E, R, R2>(
  stream: Stream.Stream<A, E, R>,
  count: (elements: number) => Effect.Effect<void, never, R2>
): Stream.Stream<A, E, R | R2> => Stream.mapChunksEffect(stream, (chunk) => Effect.as(count(Chunk.size(chunk)), chunk))

/** Logs the number of elements so far, each time it passes a multiple of the interval; each run counts from 0. */
export const logProgress = <A, E, R>(
  stream: Stream.Stream<A, E, R>,
  { counter, logInterval: interval = 1_000 }: StreamProgressOptions<string>
): Stream.Stream<A, E, R> =>
  Stream.suspend(() => {
    let total = 0
    return countElements(stream, (elements) => {
      const before = Math.floor(total / interval)
      total += elements
      const after = Math.floor(total / interval)
      return after > before
        ? Effect.logInfo(`${counter.row?.name ?? "elements"}: ${after * interval} so far`)
        : Effect.void
    })
  })
