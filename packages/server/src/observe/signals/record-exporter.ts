/** Exports the records of one signal: when a batch is full, when its time has come, when asked to, and at the end. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type Destination, withoutDefects } from "../collect/destination.ts"
import { shown } from "../config/shown-address.ts"
import type { OtlpTarget } from "../config/otlp-settings.ts"
import type { QueueSettings } from "../config/signal-settings.ts"
import type { Encoding } from "../otlp/encoding.ts"
import { makeOutageLog } from "../otlp/outage.ts"
import { makeSenderFactory } from "../otlp/sender.ts"
import { makeSizeLimit } from "../otlp/size-limit.ts"
import { exportRecords, type RecordDrop } from "./record-export.ts"
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
  readonly destination: Destination
  readonly add: (record: A) => void
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
    const address = shown(target.url)
    const log = yield* makeOutageLog(name, address)
    const size = makeSizeLimit(target.maxRequestBytes)
    const context = { queue, maxBatchSize, encode: encoding.encode, size, dropped }
    const turn = yield* Effect.makeSemaphore(1)
    const flush = turn.withPermits(1)(Effect.tap(exportRecords(context, sender), ({ failures }) => log(failures)))
    const last = Effect.gen(function* () {
      const started = yield* Clock.currentTimeMillis
      const lastSender = makeSender(shutdownMs)
      const { failures, points } = yield* exportRecords(context, lastSender)
      yield* lastSender.cut("telemetry has ended")
      const ms = (yield* Clock.currentTimeMillis) - started
      const what = name.toLowerCase()
      yield* failures.length === 0
        ? Effect.logInfo(`The final export of ${what} to ${address} was acknowledged: ${points} in ${ms} ms`)
        : Effect.logWarning(
            `The final export of ${what} to ${address} was not acknowledged: ${failures.join("; ")}; ` +
              `${points} arrived, ${queue.size} did not, in ${ms} ms`
          )
    })
    const end = Effect.zipRight(sender.cut("telemetry has ended"), turn.withPermits(1)(last))
    const destination = withoutDefects({ stream: `${name} to ${target.url.href}`, name: address, export: flush, end })
    const regular = Effect.raceFirst(full.await, Effect.sleep(delayMs)).pipe(
      Effect.zipRight(full.close),
      Effect.zipRight(Effect.suspend(() => (queue.size > 0 ? destination.export : Effect.void)))
    )
    yield* Effect.forkScoped(Effect.forever(regular))
    yield* Effect.addFinalizer(() => sender.giveUp("telemetry is ending"))
    return {
      destination,
      add: (record) => {
        queue.add(record)
        if (queue.size >= maxBatchSize) {
          full.unsafeOpen()
        }
      }
    }
  })
