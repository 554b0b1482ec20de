/** Exports the records of one signal: when a batch is full, when its time has come, when asked to, and at the end. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { shown } from "../config/shown-address.ts"
import type { OtlpTarget } from "../config/otlp-settings.ts"
import type { QueueSettings } from "../config/signal-settings.ts"
import type { Encoding } from "../otlp/encoding.ts"
import { makeOutageLog } from "../otlp/outage.ts"
import { makeSenderFactory } from "../otlp/sender.ts"
import { makeSizeLimit } from "../otlp/size-limit.ts"
import { exportRecords, type RecordDrop, type RecordReport } from "./record-export.ts"
import { RecordQueue } from "./record-queue.ts"

/** What the exporter of a signal needs. */
export interface RecordExporterOptions<A> extends QueueSettings {
  /** For people: `Spans`, `Log records`. */
  readonly name: string
  readonly target: OtlpTarget
  readonly encoding: Encoding<ReadonlyArray<A>>
  /** How long the last export may take, in milliseconds. */
  readonly shutdownMs: number
  readonly dropped: (reason: RecordDrop, records: number, why: string) => void
}

/** A signal that is exported. */
export interface RecordExporter<A> {
  readonly add: (record: A) => void
  /** Exports what waits now. */
  readonly flush: Effect.Effect<RecordReport>
  /** The last export, within the deadline. */
  readonly end: Effect.Effect<void>
}

/** Exports for as long as the scope is open. */
export const makeRecordExporter = <A>(
  options: RecordExporterOptions<A>
): Effect.Effect<RecordExporter<A>, never, Scope.Scope> =>
  Effect.gen(function* () {
    const { delayMs, dropped, encoding, maxBatchSize, maxQueueSize, name, shutdownMs, target } = options
    const full = yield* Effect.makeLatch(false)
    const queue = new RecordQueue<A>(maxQueueSize, (records) => dropped("queue_full", records, "too many wait"))
    const makeSender = makeSenderFactory(target, encoding.empty)
    const sender = makeSender(target.timeoutMs)
    const log = yield* makeOutageLog(name, shown(target.url))
    const size = makeSizeLimit(target.maxRequestBytes)
    const context = { queue, maxBatchSize, encode: encoding.encode, size, dropped }
    const turn = yield* Effect.makeSemaphore(1)
    const flush = turn.withPermits(1)(
      Effect.tap(exportRecords(context, sender), ({ failure }) => log(failure === undefined ? [] : [failure.message]))
    )
    const regular = Effect.raceFirst(full.await, Effect.sleep(delayMs)).pipe(
      Effect.zipRight(full.close),
      Effect.zipRight(Effect.suspend(() => (queue.size > 0 ? flush : Effect.void)))
    )
    yield* Effect.forkScoped(Effect.forever(regular))
    yield* Effect.addFinalizer(() => sender.giveUp("telemetry is ending"))
    const last = Effect.gen(function* () {
      const started = yield* Clock.currentTimeMillis
      const lastSender = makeSender(shutdownMs)
      const { failure, records } = yield* exportRecords(context, lastSender)
      yield* lastSender.cut("telemetry has ended")
      const ms = (yield* Clock.currentTimeMillis) - started
      yield* failure === undefined
        ? Effect.logInfo(`The last ${records} of ${name.toLowerCase()} were acknowledged in ${ms} ms`)
        : Effect.logWarning(`${queue.size} of ${name.toLowerCase()} did not arrive: ${failure.message}`)
    })
    return {
      add: (record) => {
        queue.add(record)
        if (queue.size >= maxBatchSize) {
          full.unsafeOpen()
        }
      },
      flush,
      end: Effect.zipRight(sender.cut("telemetry has ended"), turn.withPermits(1)(last))
    }
  })
