/**
 * One export of spans or log records: batches from the queue, one after the other, until it is empty or the receiver takes
 * no more. What is refused for its content or its size is looked for by halving; everything else stays in the queue.
 */
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { wordsOf } from "../catalogue/thrown.ts"
import type { recordDropReasons } from "../catalogue/telemetry.ts"
import type { ExportReport } from "../collect/destination.ts"
import { pause } from "../collect/pause.ts"
import type { Encoded } from "../otlp/encoding.ts"
import type { ReceiverPause } from "../otlp/receiver-pause.ts"
import type { SendFailed, Sender } from "../otlp/sender.ts"
import { isSuspect, type SizeLimit } from "../otlp/size-limit.ts"
import type { RecordQueue } from "./record-queue.ts"

/** Why records were dropped. */
export type RecordDrop = (typeof recordDropReasons)[number]

/** What exports of one signal need. */
export interface RecordExportContext<A> {
  readonly queue: RecordQueue<A>
  readonly maxBatchSize: number
  readonly encode: (records: ReadonlyArray<A>) => Effect.Effect<Encoded>
  readonly size: SizeLimit
  /** How large a record was of late, as it is sent. */
  readonly record: { bytes: number }
  /** Told of what does not arrive, with the receiver's words. */
  readonly dropped: (reason: RecordDrop, records: number, why: string) => void
  /** Told of what the receiver has to say about records that it took. */
  readonly warned: (message: string) => Effect.Effect<void>
  /** Told how long the receiver wants to be left alone. */
  readonly pause: ReceiverPause["pause"]
}

/** As many further requests look for what is refused in one batch; what is not found by then is dropped with it. */
const mostFurther = 32

/** Exports what is in the queue now. What comes meanwhile, and what comes after a batch that is refused first of all, waits. */
export const exportRecords = <A>(context: RecordExportContext<A>, sender: Sender): Effect.Effect<ExportReport> =>
  Effect.suspend(() => new RecordExport(context, sender).run({ most: context.queue.size, isLast: false }))

/** Exports what is in the queue, and what comes meanwhile, as there is no export after it. */
export const exportLastRecords = <A>(context: RecordExportContext<A>, sender: Sender): Effect.Effect<ExportReport> =>
  Effect.suspend(() => new RecordExport(context, sender).run({ most: Number.POSITIVE_INFINITY, isLast: true }))

interface Extent {
  readonly most: number
  readonly isLast: boolean
}

class RecordExport<A> {
  private requests = 0
  private taken = 0
  private rejected = 0
  private further = 0
  private failure: SendFailed | undefined
  /** What the receiver said when it last refused something. */
  private refusal: string | undefined
  private readonly context: RecordExportContext<A>
  private readonly sender: Sender

  constructor(context: RecordExportContext<A>, sender: Sender) {
    this.context = context
    this.sender = sender
  }

  run({ isLast, most }: Extent): Effect.Effect<ExportReport> {
    return Effect.gen(this, function* () {
      const { queue } = this.context
      let rest = most
      const isOver = (): boolean => (isLast ? this.failure : this.why) !== undefined
      while (rest > 0 && queue.size > 0 && !isOver()) {
        this.further = 0
        const batch = queue.take(Math.min(this.fitting(), rest))
        rest -= batch.length
        const left = yield* this.send(batch)
        if (left.length > 0) {
          queue.putBack(left)
        }
      }
      const failures = this.why === undefined ? [] : [this.why]
      return { requests: this.requests, points: this.taken, rejected: this.rejected, failures }
    })
  }

  /** Why it has failed. Where nothing at all is taken, it is not one that has left something out. */
  private get why(): string | undefined {
    return this.failure?.message ?? (this.taken === 0 ? this.refusal : undefined)
  }

  /** What could not be sent, and is to be sent later. */
  private send(batch: ReadonlyArray<A>): Effect.Effect<ReadonlyArray<A>> {
    return Effect.gen(this, function* () {
      const { dropped, encode, record, size } = this.context
      if (this.failure !== undefined) {
        return batch
      }
      yield* pause
      const encoded = yield* attempted(encode(batch))
      if (Either.isLeft(encoded)) {
        return yield* this.without(batch, encoded.left)
      }
      const body = encoded.right
      record.bytes = body.byteLength / batch.length
      if (body.byteLength > size.bytes() && batch.length > 1) {
        body.release()
        return yield* this.parts(batch, Math.ceil(body.byteLength / size.bytes()))
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
      } else if (message !== "") {
        yield* this.context.warned(message)
      }
      return []
    })
  }

  private failed(batch: ReadonlyArray<A>, failure: SendFailed, bytes: number): Effect.Effect<ReadonlyArray<A>> {
    const { pause: pauseFor, size } = this.context
    this.refusal = failure.message
    switch (failure.reason) {
      case "size":
      case "content": {
        if (failure.reason === "size" && batch.length > 1) {
          size.refused(bytes)
        }
        this.further += 1
        return this.further <= mostFurther ? this.without(batch, failure.message) : this.drop(batch, failure.message)
      }
      case "all":
      case "unavailable":
        if (failure.isReset && isSuspect(bytes)) {
          size.reset(bytes)
          if (batch.length === 1) {
            return this.drop(batch, failure.message)
          }
        }
        this.failure = failure
        pauseFor(failure.message, failure.pauseMs)
        return Effect.succeed(batch)
    }
  }

  /** Everything but what can't be sent. */
  private without(batch: ReadonlyArray<A>, why: string): Effect.Effect<ReadonlyArray<A>> {
    return batch.length > 1 ? this.parts(batch, 2) : this.drop(batch, why)
  }

  private drop(batch: ReadonlyArray<A>, why: string): Effect.Effect<ReadonlyArray<A>> {
    this.rejected += batch.length
    this.context.dropped("refused", batch.length, why)
    return Effect.succeed([])
  }

  private parts(batch: ReadonlyArray<A>, count: number): Effect.Effect<ReadonlyArray<A>> {
    const each = Math.ceil(batch.length / Math.min(count, batch.length))
    const parts = Arr.chunksOf(batch, each)
    return Effect.map(
      Effect.forEach(parts, (part) => this.send(part)),
      (left) => left.flat()
    )
  }

  /** As many as are likely to fit: what is too large was encoded in vain, and held up the event loop meanwhile. */
  private fitting(): number {
    const { maxBatchSize, record, size } = this.context
    return Math.max(1, Math.min(maxBatchSize, Math.floor(size.bytes() / Math.max(record.bytes, 1))))
  }
}

/** A serialiser throws at what it can't encode, such as an attribute whose getter throws. */
const attempted = (encoded: Effect.Effect<Encoded>): Effect.Effect<Either.Either<Encoded, string>> =>
  Effect.catchAllDefect(Effect.map(encoded, Either.right), (defect) =>
    Effect.succeed(Either.left(`it can't be encoded: ${wordsOf(defect)}`))
  )
