/**
 * One export to a collector: what is frozen first, then a collection in slices, a request for every so many points.
 * Memory holds one request a lane, however many series there are.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { ExportReport } from "../collect/destination.ts"
import { inSlices } from "../collect/pause.ts"
import { hrTime, type Point } from "../collect/points/point.ts"
import type { Collector, Step } from "../collect/registries.ts"
import { Deliveries, type DeliveryContext } from "./delivery.ts"
import type { Interval } from "./frozen.ts"
import type { Sender } from "./sender.ts"

/** What exports to one destination need. */
export interface ExportContext extends DeliveryContext {
  readonly collector: Collector
}

/** Exports everything once, over several senders at a time if there are several. What fails is left for the next export. */
export const exportOnce = (context: ExportContext, senders: ReadonlyArray<Sender>): Effect.Effect<ExportReport> =>
  context.selfMetrics.exported(exportAll(context, senders))

const exportAll = (context: ExportContext, senders: ReadonlyArray<Sender>): Effect.Effect<ExportReport> =>
  Effect.gen(function* () {
    const deliveries = new Deliveries(context)
    const [first] = senders
    if (first !== undefined) {
      for (const interval of context.stream.frozen.get()) {
        yield* deliveries.deliver({ ...interval, sender: first, isRepeat: true })
      }
    }
    const next = yield* intervals(context)
    const lane = (sender: Sender): Effect.Effect<void> =>
      Effect.gen(function* () {
        while (!deliveries.isOver) {
          const interval = yield* next
          if (interval === undefined) {
            return
          }
          yield* deliveries.deliver({ ...interval, sender, isRepeat: false })
        }
      })
    yield* Effect.forEach(senders, lane, { concurrency: "unbounded", discard: true })
    yield* deliveries.judge
    return deliveries.report
  })

/** One collection in parts, each made when it is asked for; undefined after the last. */
const intervals = (context: ExportContext): Effect.Effect<Effect.Effect<Interval | undefined>> =>
  Effect.gen(function* () {
    const { collector, pace, stream } = context
    const lock = yield* Effect.makeSemaphore(1)
    const endTime = hrTime(yield* stream.time)
    const nowMs = yield* Clock.currentTimeMillis
    // Refused, and not known to be the one that is refused: what came later waits behind it.
    const waiting = new Set(stream.frozen.get().flatMap(({ points }) => points.map(({ series }) => series)))
    const isOut = (point: Point) => (waiting.size > 0 && waiting.has(point.series)) || isLeftOut(context, point, nowMs)
    const steps: Iterator<Step> = collector.collect(yield* Clock.currentTimeNanos)
    const next = Effect.gen(function* () {
      const points: Array<Point> = []
      const room = pace.points()
      yield* inSlices(steps, (point) => {
        if (point !== undefined && !isOut(point)) {
          const since = stream.baselines.isDelta(point.metric) ? stream.baselines.since(point) : point
          points.push(stream.exemplars.of(since))
        }
        return points.length < room
      })
      return points.length === 0 ? undefined : { points, endTime }
    })
    return lock.withPermits(1)(next)
  })

const isLeftOut = ({ selfMetrics, stream }: ExportContext, point: Point, nowMs: number): boolean => {
  const isOut = stream.leftOut.has(point, nowMs)
  if (isOut) {
    selfMetrics.dropped({ metric: point.metric.name, reason: "refused", points: 1 })
  }
  return isOut
}
