/** A collector as the place that spans or log records go to: one request after the other, over one connection. */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Ref from "effect/Ref"
import { shownDestination } from "../config/shown-address.ts"
import { withinDeadline } from "../otlp/deadline.ts"
import type { Encoding } from "../otlp/encoding.ts"
import { makeNews } from "../otlp/news.ts"
import { makeOutageLog } from "../otlp/outage.ts"
import { makeReceiverPause } from "../otlp/receiver-pause.ts"
import { makeSenderFactory, type SenderSettings } from "../otlp/sender.ts"
import { makeSizeLimit } from "../otlp/size-limit.ts"
import { settled } from "../otlp/under-way.ts"
import { exportLastRecords, exportRecords, type RecordDrop } from "./record-export.ts"
import type { RecordQueue } from "./record-queue.ts"
import type { RecordSink } from "./record-sink.ts"

/** What is sent where. */
export interface OtlpSinkOptions<A> {
  /** For people: `Spans`, `Log records`. */
  readonly what: string
  readonly target: SenderSettings
  readonly encoding: Encoding<ReadonlyArray<A>>
  readonly maxBatchSize: number
  /** How long the last export may take, in milliseconds. */
  readonly shutdownMs: number
  readonly dropped: (reason: RecordDrop, records: number, why: string) => void
}

/** Sends what the queue holds. */
export const makeOtlpSink = <A>(queue: RecordQueue<A>, options: OtlpSinkOptions<A>): Effect.Effect<RecordSink> =>
  Effect.gen(function* () {
    const { dropped, encoding, maxBatchSize, shutdownMs, target, what } = options
    const makeSender = makeSenderFactory(target, encoding.empty)
    const sender = makeSender(target.timeoutMs)
    const name = shownDestination(target)
    const log = yield* makeOutageLog(what, name)
    const receiver = makeReceiverPause()
    const size = makeSizeLimit(target.maxRequestBytes)
    const isNews = makeNews()
    const warned = (message: string) =>
      Effect.when(Effect.logWarning(`${name} accepted ${what.toLowerCase()} and warns: ${message}`), () =>
        isNews(message)
      )
    const { encode } = encoding
    const record = { bytes: 0 }
    const context = { queue, maxBatchSize, encode, size, record, dropped, warned, pause: receiver.pause }
    const turn = yield* Effect.makeSemaphore(1)
    const isEnding = yield* Ref.make(false)
    const once = Effect.suspend(() => unlessPaused(receiver.paused(), exportRecords(context, sender))).pipe(
      // What is cut at the end is no outage: the last export says what became of it.
      Effect.tap(({ failures }) => Effect.unlessEffect(log(failures), Ref.get(isEnding))),
      turn.withPermits(1)
    )
    const last = Effect.gen(function* () {
      // In real time: the clock of a program may be set meanwhile.
      const started = performance.now()
      yield* Ref.set(isEnding, true)
      // A request that is under way gets its answer, so that its records are not sent twice; not for long, though.
      yield* sender.finish
      const ours = yield* Effect.forkDaemon(turn.take(1))
      yield* settled(ours, Math.min(1_000, shutdownMs / 4))
      yield* sender.cut("telemetry is ending")
      yield* Fiber.join(ours)
      const left = shutdownMs - (performance.now() - started)
      const deadline = { deadlineMs: Math.max(left, 1), lanes: 1 }
      const sendAll = (lanes: ReadonlyArray<typeof sender>) => exportLastRecords(context, lanes[0] ?? sender)
      return yield* Effect.ensuring(withinDeadline(makeSender, deadline, sendAll), turn.release(1))
    })
    return {
      name,
      // On its own: whoever stops waiting for an export does not stop it, so that nothing is sent twice.
      export: Effect.flatMap(Effect.forkDaemon(once), Fiber.join),
      last,
      pauseMs: receiver.leftMs
    }
  })

const unlessPaused = <A>(why: string | undefined, one: Effect.Effect<A>) =>
  why === undefined ? one : Effect.succeed({ requests: 0, points: 0, rejected: 0, failures: [why] })
