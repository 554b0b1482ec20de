/** A collector: periodic exports one after the other, and a last one that nothing stands in the way of. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import type { Destination, DestinationContext } from "./destination.ts"
import { type ExportContext, exportOnce, type ExportReport } from "./export.ts"
import { shown } from "./format.ts"
import type { OtlpSettings } from "./otlp-settings.ts"
import { makeOutageLog } from "./outage.ts"
import { makePace } from "./pace.ts"
import { makeSenderFactory, type Sender, type SenderFactory } from "./sender.ts"
import type { TelemetryPeerMissing } from "./settings-error.ts"
import { makeBaselines } from "./temporality.ts"

/** How many requests the last export has under way at once: its deadline is short. */
const lastLanes = 4

/** A destination with temporality, connections and failures of its own. */
export const makeOtlpDestination = (
  otlp: OtlpSettings,
  { collector, resource, selfMetrics, settings }: DestinationContext
): Effect.Effect<Destination, TelemetryPeerMissing> =>
  Effect.gen(function* () {
    const name = shown(otlp.url)
    const makeSender = yield* makeSenderFactory(otlp)
    const sender = yield* Ref.make(makeSender(otlp.timeoutMs))
    const log = yield* makeOutageLog(name)
    const oneAtATime = yield* Effect.makeSemaphore(1)
    const baselines = makeBaselines(otlp.temporality)
    const context: ExportContext = { collector, baselines, resource, selfMetrics, pace: makePace(settings.maxPoints) }
    const renew = Effect.suspend(() => Ref.getAndSet(sender, makeSender(otlp.timeoutMs)))
    // A delta that is given up may still be taken, and would be counted twice: its connection is cut before it can be.
    const giveUp =
      otlp.temporality === "cumulative" ? Effect.void : Effect.flatMap(renew, (it) => it.cut("the export was given up"))
    const regular = Effect.flatMap(Ref.get(sender), (it) => exportOnce(context, [it])).pipe(
      Effect.onInterrupt(() => giveUp),
      Effect.tap(log),
      oneAtATime.withPermits(1)
    )
    const last = Effect.gen(function* () {
      yield* giveUp
      const started = yield* Clock.currentTimeMillis
      const report = yield* exportWithin(context, makeSender, settings.shutdownMs)
      yield* Effect.flatMap(Ref.get(sender), (it) => it.cut("telemetry has ended"))
      yield* logEnd(name, report, (yield* Clock.currentTimeMillis) - started)
    })
    return { name, export: regular, end: last }
  })

/**
 * Exports over fresh connections, which are cut at the deadline. Nothing is interrupted: this runs in a finalizer,
 * where nothing can be. The deadline is one of the wire, in real time.
 */
const exportWithin = (
  context: ExportContext,
  makeSender: SenderFactory,
  deadlineMs: number
): Effect.Effect<ExportReport> =>
  Effect.acquireUseRelease(
    Effect.sync(() => {
      const lanes = Array.from({ length: lastLanes }, () => makeSender(deadlineMs))
      const cut = cutAll(lanes, `no answer within the deadline of ${deadlineMs} ms`)
      return { lanes, timer: setTimeout(() => Effect.runSync(cut), deadlineMs) }
    }),
    ({ lanes }) => exportOnce(context, lanes),
    ({ lanes, timer }) =>
      Effect.zipRight(
        Effect.sync(() => clearTimeout(timer)),
        cutAll(lanes, "telemetry has ended")
      )
  )

const cutAll = (senders: ReadonlyArray<Sender>, why: string): Effect.Effect<void> =>
  Effect.forEach(senders, (sender) => sender.cut(why), { discard: true })

const logEnd = (name: string, { failures, points, rejected }: ExportReport, ms: number): Effect.Effect<void> => {
  const count = `${points} points`
  return failures.length === 0
    ? Effect.logInfo(`The final export to ${name} was acknowledged: ${count}${rejections(rejected)} in ${ms} ms`)
    : Effect.logWarning(
        `The final export to ${name} was not acknowledged: ${failures.join("; ")}; ` +
          `${points === 0 ? "nothing" : count} arrived in ${ms} ms`
      )
}

const rejections = (rejected: number): string => (rejected === 0 ? "" : ` (${rejected} more were rejected)`)
