/**
 * One export of spans or log records: batches from the queue, one after the other, until it is empty or the receiver takes
 * no more. What is refused for its content or its size is looked for by halving; everything else stays in the queue. Nothing
 * is blamed unless something else is taken: a receiver that refuses everything has another trouble.
 */
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Random from "effect/Random"
import { wordsOf } from "../catalogue/thrown.ts"
import type { recordDropReasons } from "../catalogue/telemetry.ts"
import type { ExportReport } from "../collect/destination.ts"
import { pause } from "../collect/pause.ts"
import type { Encoded } from "../otlp/encoding.ts"
import type { ReceiverPause } from "../otlp/receiver-pause.ts"
import type { Rejection } from "../otlp/partial-success.ts"
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

/** How many may be refused one after the other before anything is taken; then it is not the content. */
const mostInVain = 12

/** As many single records show whether anything of a batch is taken. */
const samples = 3

/** Exports what is in the queue now; what comes meanwhile waits. */
export const exportRecords = <A>(context: RecordExportContext<A>, sender: Sender): Effect.Effect<ExportReport> =>
  Effect.suspend(() => new RecordExport(context, sender).run(context.queue.size))

/** Exports what is in the queue, and what comes meanwhile, as there is no export after it. */
export const exportLastRecords = <A>(context: RecordExportContext<A>, sender: Sender): Effect.Effect<ExportReport> =>
  Effect.suspend(() => new RecordExport(context, sender).run(Number.POSITIVE_INFINITY))

class RecordExport<A> {
  private requests = 0
  private taken = 0
  private rejected = 0
  private further = 0
  private inVain = 0
  private failure: SendFailed | undefined
  /** What the receiver said when it last refused something. */
  private refusal: string | undefined
  /** Whether it took a request, of which it may have rejected all. */
  private hasPassed = false
  /** What may go back to the queue, in its order. */
  private batches: ReadonlyArray<A> = []
  /** What was refused before anything was taken. */
  private inDoubt: ReadonlyArray<A> = []
  private readonly context: RecordExportContext<A>
  private readonly sender: Sender

  constructor(context: RecordExportContext<A>, sender: Sender) {
    this.context = context
    this.sender = sender
  }

  run(most: number): Effect.Effect<ExportReport> {
    return Effect.gen(this, function* () {
      const { queue, size } = this.context
      let rest = most
      let left: ReadonlyArray<A> = []
      while (rest > 0 && queue.size > 0 && !this.isOver) {
        const batch = queue.take(Math.min(this.fitting(), rest), size.bytes())
        rest -= batch.length
        this.further = 0
        this.batches = this.hasPassed ? batch : [...this.batches, ...batch]
        left = yield* this.send(batch)
      }
      this.putBack(left)
      const failures = this.why === undefined ? [] : [this.why]
      return { requests: this.requests, points: this.taken, rejected: this.rejected, failures }
    })
  }

  private get isOver(): boolean {
    return this.failure !== undefined || this.inVain >= mostInVain
  }

  /** Why it has failed. */
  private get why(): string | undefined {
    return this.failure?.message ?? (this.hasPassed ? undefined : this.refusal)
  }

  /** What could not be sent is next. Where there is no place for what comes meanwhile, the oldest that was refused goes. */
  private putBack(left: ReadonlyArray<A>): void {
    const { maxBatchSize, queue } = this.context
    const isFull = queue.isFullWith([...this.inDoubt, ...left])
    const over = isFull ? this.inDoubt.slice(0, maxBatchSize) : []
    this.drop(over, this.refusal)
    const kept = new Set([...this.inDoubt.slice(over.length), ...left])
    if (kept.size > 0) {
      queue.putBack(this.batches.filter((record) => kept.has(record)))
    }
  }

  /** What could not be sent, and is to be sent later. */
  private send(batch: ReadonlyArray<A>): Effect.Effect<ReadonlyArray<A>> {
    return Effect.gen(this, function* () {
      const { encode, record, size } = this.context
      if (this.isOver) {
        return batch
      }
      yield* pause
      const encoded = yield* attempted(encode(batch))
      if (Either.isLeft(encoded)) {
        return batch.length > 1 ? yield* this.parts(batch, 2) : this.drop(batch, encoded.left)
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
      return yield* Either.isLeft(result)
        ? this.failed(batch, result.left, body.byteLength)
        : this.passed(batch, result.right)
    })
  }

  private passed(batch: ReadonlyArray<A>, { message, points: rejected }: Rejection): Effect.Effect<ReadonlyArray<A>> {
    return Effect.gen(this, function* () {
      const { dropped, maxBatchSize, warned } = this.context
      this.hasPassed = true
      this.taken += batch.length - rejected
      this.rejected += rejected
      if (rejected > 0) {
        dropped("rejected", rejected, message)
      } else if (message !== "") {
        yield* warned(message)
      }
      // A receiver that fails now and then has refused some by chance.
      const again = this.inDoubt
      this.inDoubt = []
      if (again.length === 0) {
        return []
      }
      this.further = 0
      return yield* this.parts(again, Math.ceil(again.length / maxBatchSize))
    })
  }

  private failed(batch: ReadonlyArray<A>, failure: SendFailed, bytes: number): Effect.Effect<ReadonlyArray<A>> {
    const { pause: pauseFor, size } = this.context
    switch (failure.reason) {
      case "size":
      case "content": {
        if (failure.reason === "size" && batch.length > 1) {
          size.refused(bytes)
        }
        this.refusal = failure.message
        this.further += 1
        this.inVain += this.hasPassed ? 0 : 1
        return this.refused(batch, failure.reason)
      }
      case "all":
      case "unavailable":
        if (failure.isReset && isSuspect(bytes)) {
          size.reset(bytes)
          if (batch.length === 1) {
            return Effect.succeed(this.drop(batch, failure.message))
          }
        }
        this.failure = failure
        pauseFor(failure.message, failure.pauseMs)
        return Effect.succeed(batch)
    }
  }

  /** Sends everything but what is refused. */
  private refused(batch: ReadonlyArray<A>, reason: "size" | "content"): Effect.Effect<ReadonlyArray<A>> {
    if (batch.length === 1 || this.further > mostFurther) {
      return Effect.succeed(this.hasPassed || reason === "size" ? this.drop(batch, this.refusal) : this.doubt(batch))
    }
    return reason === "size" || this.hasPassed ? this.parts(batch, 2) : this.sampled(batch)
  }

  /** Looks into a batch where the receiver takes a single record of it; until then, it may refuse whatever it gets. */
  private sampled(batch: ReadonlyArray<A>): Effect.Effect<ReadonlyArray<A>> {
    return Effect.gen(this, function* () {
      let rest = batch
      let left: ReadonlyArray<A> = []
      for (let count = 0; count < samples && rest.length > 0 && !this.hasPassed && !this.isOver; count++) {
        const at = count === 0 ? 0 : yield* Random.nextIntBetween(0, rest.length)
        const sample = rest.slice(at, at + 1)
        rest = rest.toSpliced(at, 1)
        left = yield* this.send(sample)
      }
      if (this.hasPassed && rest.length > 0) {
        return [...left, ...(yield* this.parts(rest, 2))]
      }
      return this.failure === undefined ? this.doubt(rest) : [...left, ...rest]
    })
  }

  private doubt(batch: ReadonlyArray<A>): ReadonlyArray<A> {
    this.inDoubt = [...this.inDoubt, ...batch]
    return []
  }

  private drop(batch: ReadonlyArray<A>, why = ""): ReadonlyArray<A> {
    if (batch.length > 0) {
      this.rejected += batch.length
      this.context.dropped("refused", batch.length, why)
    }
    return []
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
