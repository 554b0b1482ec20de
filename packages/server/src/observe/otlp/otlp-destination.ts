/** A collector: periodic exports one after the other, and a last one that nothing stands in the way of. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Ref from "effect/Ref"
import type * as Scope from "effect/Scope"
import { type ExportContext, exportOnce } from "./export.ts"
import type { Registries } from "../collect/collector.ts"
import type { Destination, ExportReport } from "../collect/destination.ts"
import type { Collector } from "../collect/registries.ts"
import type { SelfMetrics } from "../collect/self-metrics.ts"
import type { ResourceAttributes } from "../config/options.ts"
import type { Settings } from "../config/settings.ts"
import type { Meter } from "../instrument/meter.ts"
import { shown } from "../config/shown-address.ts"
import type { OtlpSettings } from "../config/otlp-settings.ts"
import { makeOutageLog } from "./outage.ts"
import { makePace } from "./pace.ts"
import { loadPeer } from "../config/peer.ts"
import { afterReading } from "./connection.ts"
import { makeEncoding } from "./encoding.ts"
import { makeSenderFactory, type Sender, type SenderFactory } from "./sender.ts"
import { makeSizeLimit } from "./size-limit.ts"
import type { TelemetryPeerMissing } from "../config/peer-missing.ts"
import { type Stream, streamOf, type UnderWay } from "./stream.ts"

/** How many requests the last export has under way at once: its deadline is short. */
const lastLanes = 4

/** What an OTLP destination needs besides its own settings. */
export interface OtlpContext {
  readonly settings: Settings
  readonly resource: ResourceAttributes
  readonly registries: Registries
  readonly meter: Meter
  readonly collector: Collector
  readonly selfMetrics: SelfMetrics
}

/** A destination with temporality, connections and failures of its own. */
export const makeOtlpDestination = (
  otlp: OtlpSettings,
  { collector, meter, registries, resource: attributes, selfMetrics, settings }: OtlpContext
): Effect.Effect<Destination, TelemetryPeerMissing, Scope.Scope> =>
  Effect.gen(function* () {
    const name = shown(otlp.url)
    const { resourceFromAttributes } = yield* loadPeer(
      "@opentelemetry/resources",
      "OTLP",
      () => import("@opentelemetry/resources")
    )
    const encoding = yield* makeEncoding(otlp)
    const makeSender = makeSenderFactory(otlp, encoding)
    const sender = makeSender(otlp.timeoutMs)
    const log = yield* makeOutageLog(name)
    const id = JSON.stringify([otlp.url, otlp.headers, otlp.temporality, registries, attributes])
    const stream = streamOf(meter, id, otlp.temporality)
    const { oneAtATime, underWay } = stream
    const resource = resourceFromAttributes({ ...attributes })
    const size = makeSizeLimit(otlp.maxRequestBytes)
    const pace = makePace(settings.maxPoints, size)
    const context: ExportContext = { name, collector, encoding, resource, stream, pace, size, selfMetrics }
    const isEnding = yield* Ref.make(false)
    const isLeft = yield* Ref.make(false)
    const once = Effect.suspend(() => unlessPaused(stream, exportOnce(context, [sender]), selfMetrics)).pipe(
      // What is cut at the end is no outage: the last export says what became of it.
      Effect.tap((report) => Effect.unlessEffect(log(report), Ref.get(isEnding))),
      oneAtATime.withPermits(1)
    )
    // On its own: whoever stops waiting for an export does not stop it, and what it brings is known all the same.
    const regular = Effect.forkDaemon(once).pipe(
      Effect.tap((fiber) => track(underWay, { fiber, sender, isLeft: Ref.get(isLeft) })),
      Effect.flatMap(Fiber.join)
    )
    const last = Effect.gen(function* () {
      const started = yield* Clock.currentTimeMillis
      yield* Ref.set(isEnding, true)
      const lastly = Effect.gen(function* () {
        const left = settings.shutdownMs - ((yield* Clock.currentTimeMillis) - started)
        return yield* exportWithin(context, makeSender, Math.max(left, 1))
      })
      const report = yield* otlp.temporality === "cumulative"
        ? // Sent again while the last export is under way, an older point would come after a newer one.
          Effect.zipRight(sender.finish, lastly)
        : Effect.zipRight(
            endDeltas(underWay, sender, settings.shutdownMs),
            inTurn(oneAtATime, settings.shutdownMs / 2, lastly)
          )
      yield* sender.cut("telemetry has ended")
      yield* giveUpAll(yield* Effect.filter(underWay, (one) => one.isLeft))
      yield* logEnd(name, report, (yield* Clock.currentTimeMillis) - started)
    })
    // What is under way as the layer ends goes on; its connections are let go of afterwards.
    const letGo = Effect.forkDaemon(oneAtATime.withPermits(1)(sender.cut("telemetry has ended")))
    yield* Effect.addFinalizer(() => Effect.zipRight(Ref.set(isLeft, true), letGo))
    return { stream: id, name, export: regular, end: last }
  })

/** While the receiver wants to be left alone, an export fails with what it said. */
const unlessPaused = (stream: Stream, one: Effect.Effect<ExportReport>, selfMetrics: SelfMetrics) => {
  const why = stream.paused()
  return why === undefined
    ? one
    : selfMetrics.exported(Effect.succeed({ requests: 0, points: 0, rejected: 0, failures: [why] }))
}

/** Waits for something to end, but not for long: in real time, and where nothing can be interrupted. */
const settled = (fiber: Fiber.RuntimeFiber<unknown>, ms: number): Effect.Effect<void> =>
  Effect.async((resume) => {
    const timer = afterReading(ms, () => resume(Effect.void))
    fiber.addObserver(() => {
      clearTimeout(timer)
      resume(Effect.void)
    })
  })

const track = (underWay: Set<UnderWay>, one: UnderWay): Effect.Effect<void> =>
  Effect.sync(() => {
    underWay.add(one)
    one.fiber.addObserver(() => underWay.delete(one))
  })

/** Sent again while the first request may still be taken, a delta would be counted twice. */
const endDeltas = (underWay: Iterable<UnderWay>, sender: Sender, shutdownMs: number): Effect.Effect<void> => {
  const wait = Effect.forEach(underWay, ({ fiber }) => settled(fiber, Math.min(1_000, shutdownMs / 4)), {
    concurrency: "unbounded"
  })
  return wait.pipe(Effect.zipRight(sender.cut("telemetry is ending")), Effect.zipRight(giveUpAll(underWay)))
}

/** Ends exports, those between two requests too. Their senders go on: they may be those of another layer. */
const giveUpAll = (exports: Iterable<UnderWay>): Effect.Effect<void> =>
  Effect.gen(function* () {
    const left = new Set(exports)
    left.forEach((one) => one.fiber.addObserver(() => left.delete(one)))
    for (let time = 0; time < 5 && left.size > 0; time++) {
      yield* Effect.forEach(left, ({ sender }) => sender.giveUp("telemetry is ending"), { discard: true })
      yield* Effect.forEach(left, ({ fiber }) => settled(fiber, 50), { concurrency: "unbounded", discard: true })
    }
  })

/** Waits for its turn, but not for long. */
const inTurn = <A>(oneAtATime: Effect.Semaphore, ms: number, one: Effect.Effect<A>): Effect.Effect<A> =>
  Effect.gen(function* () {
    const turn = yield* Effect.forkDaemon(Effect.interruptible(oneAtATime.take(1)))
    yield* settled(turn, ms)
    const done = yield* one
    yield* Effect.forkDaemon(
      Effect.flatMap(Fiber.interrupt(turn), (exit) => (Exit.isSuccess(exit) ? oneAtATime.release(1) : Effect.void))
    )
    return done
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
      return { lanes, timer: afterReading(deadlineMs, () => Effect.runSync(cut)) }
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
