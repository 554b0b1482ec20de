/**
 * One export of spans or log records: batches from the queue, one after the other, until it is empty or the receiver takes
 * no more. What is refused for its content or its size is looked for by halving; everything else stays in the queue.
 */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { recordDropReasons } from "../catalogue/telemetry.ts"
import type { ExportReport } from "../collect/destination.ts"
import { pause } from "../collect/pause.ts"
import type { Encoded } from "../otlp/encoding.ts"
import type { SendFailed, Sender } from "../otlp/sender.ts"
import type { SizeLimit } from "../otlp/size-limit.ts"
import type { RecordQueue } from "./record-queue.ts"

/** Why records were dropped. */
export type RecordDrop = (typeof recordDropReasons)[number]

/** What exports of one signal need. */
export interface RecordExportContext<A> {
  readonly queue: RecordQueue<A>
  readonly maxBatchSize: number
  readonly encode: (records: ReadonlyArray<A>) => Effect.Effect<Encoded>
  readonly size: SizeLimit
  /** Told of what does not arrive, with the receiver's words. */
  readonly dropped: (reason: RecordDrop, records: number, why: string) => void
}

/** As many further requests look for what is refused in one batch; what is not found by then is dropped with it. */
const mostFurther = 32

/** Exports what is in the queue now, and what comes meanwhile. */
export const exportRecords = <A>(context: RecordExportContext<A>, sender: Sender): Effect.Effect<ExportReport> =>
  new RecordExport(context, sender).run

class RecordExport<A> {
  private requests = 0
  private taken = 0
  private rejected = 0
  private further = 0
  private failure: SendFailed | undefined
  private readonly context: RecordExportContext<A>
  private readonly sender: Sender

  constructor(context: RecordExportContext<A>, sender: Sender) {
    this.context = context
    this.sender = sender
  }

  readonly run: Effect.Effect<ExportReport> = Effect.gen(this, function* () {
    const { maxBatchSize, queue } = this.context
    while (queue.size > 0 && this.failure === undefined) {
      this.further = 0
      const batch = queue.take(maxBatchSize)
      // What is interrupted half-way is sent again as a whole: receivers of spans and log records expect that.
      const left = yield* Effect.onInterrupt(this.send(batch), () => Effect.sync(() => queue.putBack(batch)))
      if (left.length > 0) {
        queue.putBack(left)
      }
    }
    const failures = this.failure === undefined ? [] : [this.failure.message]
    return { requests: this.requests, points: this.taken, rejected: this.rejected, failures }
  })

  /** What could not be sent, and is to be sent later. */
  private send(batch: ReadonlyArray<A>): Effect.Effect<ReadonlyArray<A>> {
    return Effect.gen(this, function* () {
      const { dropped, encode, size } = this.context
      if (this.failure !== undefined) {
        return batch
      }
      yield* pause
      const body = yield* encode(batch)
      if (body.byteLength > size.bytes() && batch.length > 1) {
        body.release()
        return yield* this.halves(batch)
      }
      const outgoing = { body, points: batch.length, isRepeat: false, isDelta: false }
      const result = yield* Effect.either(this.sender.send(outgoing))
      body.release()
      this.requests += 1
      if (Either.isLeft(result)) {
        return yield* this.failed(batch, result.left, body.byteLength)
      }
      const { message, points: rejected } = result.right
      this.taken += batch.length - rejected
      this.rejected += rejected
      if (rejected > 0) {
        dropped("rejected", rejected, message)
      }
      return []
    })
  }

  private failed(batch: ReadonlyArray<A>, failure: SendFailed, bytes: number): Effect.Effect<ReadonlyArray<A>> {
    const { dropped, size } = this.context
    switch (failure.reason) {
      case "size":
      case "content": {
        if (failure.reason === "size" && batch.length > 1) {
          size.refused(bytes)
        }
        this.further += 1
        if (batch.length > 1 && this.further <= mostFurther) {
          return this.halves(batch)
        }
        dropped("refused", batch.length, failure.message)
        return Effect.succeed([])
      }
      case "all":
      case "unavailable":
        this.failure = failure
        return Effect.succeed(batch)
    }
  }

  private halves(batch: ReadonlyArray<A>): Effect.Effect<ReadonlyArray<A>> {
    const middle = batch.length >> 1
    return Effect.zipWith(
      this.send(batch.slice(0, middle)),
      Effect.suspend(() => this.send(batch.slice(middle))),
      (one, other) => [...one, ...other]
    )
  }
}
