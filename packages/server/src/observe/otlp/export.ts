/**
 * One export to a collector: collects in slices, sends a request for every so many points, and keeps what was
 * acknowledged. Memory holds one request a lane, however many series there are.
 */
import type { Resource } from "@opentelemetry/resources"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Ref from "effect/Ref"
import type { ExportReport } from "../collect/destination.ts"
import type { Collector, Step } from "../collect/registries.ts"
import type { Pace } from "./pace.ts"
import { inSlices } from "../collect/pause.ts"
import { makeRequest, type Request } from "./request.ts"
import type { SelfMetrics } from "../collect/self-metrics.ts"
import type { SendFailed, Sender } from "./sender.ts"
import type { Baselines } from "../collect/points/temporality.ts"
import type { TimeAfter } from "./wire-time.ts"

/** What exports to one destination need. */
export interface ExportContext {
  readonly collector: Collector
  readonly baselines: Baselines
  readonly time: Effect.Effect<TimeAfter>
  readonly resource: Resource
  readonly pace: Pace
  readonly selfMetrics: SelfMetrics
}

/**
 * Exports everything once, over several senders at a time if there are several. A request that the collector will never
 * take costs its own points; once the collector can't be reached the rest is left for the next export.
 */
export const exportOnce = (context: ExportContext, senders: ReadonlyArray<Sender>): Effect.Effect<ExportReport> =>
  context.selfMetrics.exported(exportAll(context, senders))

const exportAll = (context: ExportContext, senders: ReadonlyArray<Sender>): Effect.Effect<ExportReport> =>
  Effect.gen(function* () {
    const report = yield* Ref.make<ExportReport>({ requests: 0, points: 0, rejected: 0, failures: [] })
    const isOver = yield* Ref.make(false)
    const next = yield* requests(context)
    const lane = (sender: Sender): Effect.Effect<void> =>
      Effect.gen(function* () {
        while (!(yield* Ref.get(isOver))) {
          const request = yield* next
          if (request === undefined) {
            return
          }
          const result = yield* Effect.either(send(context, sender, request))
          yield* Ref.update(report, added(request, result))
          if (Either.isLeft(result) && result.left.reason === "unavailable") {
            yield* Ref.set(isOver, true)
          }
        }
      })
    yield* Effect.forEach(senders, lane, { concurrency: "unbounded", discard: true })
    return yield* Ref.get(report)
  })

const added =
  ({ points }: Request, result: Either.Either<{ readonly points: number }, SendFailed>) =>
  (report: ExportReport): ExportReport =>
    Either.match(result, {
      onLeft: ({ message }) => ({
        ...report,
        requests: report.requests + 1,
        failures: report.failures.includes(message) ? report.failures : [...report.failures, message]
      }),
      onRight: (rejection) => ({
        ...report,
        requests: report.requests + 1,
        points: report.points + points - rejection.points,
        rejected: report.rejected + rejection.points
      })
    })

/** The requests of one collection, each made when it is asked for; undefined after the last. */
const requests = (context: ExportContext): Effect.Effect<Effect.Effect<Request | undefined>> =>
  Effect.gen(function* () {
    const lock = yield* Effect.makeSemaphore(1)
    const steps: Iterator<Step> = context.collector.collect(yield* Clock.currentTimeNanos)
    const next = Effect.gen(function* () {
      const builder = makeRequest(context.baselines)
      const room = context.pace.points()
      let left = room
      yield* inSlices(steps, (point) => {
        if (point !== undefined) {
          builder.add(point)
          left -= 1
        }
        return left > 0
      })
      return left === room ? undefined : builder.build(context.resource, yield* context.time)
    })
    return lock.withPermits(1)(next)
  })

const send = (context: ExportContext, sender: Sender, request: Request) =>
  Effect.onExit(sender.send(request.metrics), (exit) =>
    Effect.sync(() => {
      context.pace.encoded(request.points, sender.encodeMs())
      if (Exit.isSuccess(exit)) {
        context.baselines.acknowledge(request.deltas, request.endTime)
        if (exit.value.points > 0) {
          const { message, points } = exit.value
          context.selfMetrics.dropped({ metric: "of a request", reason: "rejected", points, why: message })
        }
      }
    })
  )
