/**
 * Delivers points in as many requests as it takes: smaller ones where they are too large, others where something in them
 * is refused. What was acknowledged is remembered, and deltas that may have been taken are frozen.
 */
import type { Resource } from "@opentelemetry/resources"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { ExportReport } from "../collect/destination.ts"
import { inSlices, pause } from "../collect/pause.ts"
import type { Point } from "../collect/points/point.ts"
import type { SelfMetrics } from "../collect/self-metrics.ts"
import { printable } from "./answer.ts"
import type { Encoded, Encoding } from "./encoding.ts"
import type { MetricsRequest } from "./exemplar-fields.ts"
import type { Interval } from "./frozen.ts"
import type { Pace } from "./pace.ts"
import type { Rejection } from "./partial-success.ts"
import { halves, makeSearchBudget, type Refused, RefusalSearch, type Sent } from "./refusal-search.ts"
import { makeRequest } from "./request.ts"
import type { SendFailed, Sender } from "./sender.ts"
import type { SizeLimit } from "./size-limit.ts"
import type { Stream } from "./stream.ts"

/** What deliveries to one destination need. */
export interface DeliveryContext {
  /** For people: an address without credentials. */
  readonly name: string
  readonly encoding: Encoding<MetricsRequest>
  readonly resource: Resource
  readonly stream: Stream
  readonly pace: Pace
  readonly size: SizeLimit
  readonly selfMetrics: SelfMetrics
}

/** A part of a collection, and the sender that takes it. */
interface Part extends Interval {
  readonly sender: Sender
  /** It may have been taken by an export before this one. */
  readonly isRepeat: boolean
}

/** What is known of a part while it is delivered in several requests. */
interface Progress {
  readonly whole: ReadonlyArray<Point>
  readonly refusals: Array<string>
  /** What arrived, where not all did: it is never sent again. */
  readonly taken: Set<Point>
  /** It may have been taken as a whole, or in larger parts. */
  isRepeat: boolean
}

/** Refused before the receiver took anything else. */
interface Unjudged {
  readonly part: Part
  readonly why: string
  /** How many requests had been acknowledged. */
  readonly passed: number
}

/** As many reasons are told: a receiver may have another one for every request. */
const mostFailures = 4

/** As many points may be too large, one by one, before it is not their size. */
const mostTooLarge = 3

/** The deliveries of one export, and how they went. */
export class Deliveries {
  report: ExportReport = { requests: 0, points: 0, rejected: 0, failures: [] }
  /** Nothing more can be sent by this export. */
  isOver = false
  private passed = 0
  private tooLarge = 0
  private unjudged: ReadonlyArray<Unjudged> = []
  private readonly budget = makeSearchBudget()
  private readonly context: DeliveryContext

  constructor(context: DeliveryContext) {
    this.context = context
  }

  /** Delivers points of one collection; of deltas, what came after their baselines. */
  deliver(part: Part): Effect.Effect<void> {
    return Effect.gen(this, function* () {
      const progress: Progress = { whole: part.points, refusals: [], taken: new Set(), isRepeat: part.isRepeat }
      const untaken = (points: ReadonlyArray<Point>) => points.filter((point) => !progress.taken.has(point))
      const send = (all: ReadonlyArray<Point>) =>
        Effect.suspend((): Effect.Effect<Sent> => {
          const points = untaken(all)
          if (points.length === 0) {
            return Effect.succeed("acknowledged")
          }
          return this.isOver ? Effect.succeed("over") : this.send({ ...part, points }, progress)
        })
      if ((yield* this.send(part, progress)) !== "refused") {
        return
      }
      const { passed } = this
      const { isComplete, refused } = yield* new RefusalSearch(this.budget, send).find(untaken(part.points))
      const why = progress.refusals.at(-1) ?? ""
      yield* Effect.forEach(refused, (one) => this.leaveOut(one, why), { discard: true })
      if (!isComplete && this.budget.hasPassed) {
        this.fail(why)
      } else if (!isComplete) {
        const left = { ...part, isRepeat: progress.isRepeat, points: untaken(part.points) }
        this.unjudged = [...this.unjudged, { part: left, why, passed }]
      }
    })
  }

  /** What was refused while nothing else was taken is sent once more, if something has been taken since. */
  readonly judge: Effect.Effect<void> = Effect.suspend(() =>
    Effect.forEach(
      this.unjudged,
      ({ part, passed, why }) => {
        if (this.isOver || this.passed === passed) {
          return Effect.sync(() => this.fail(why))
        }
        this.budget.hasPassed = true
        return this.deliver(part)
      },
      { discard: true }
    )
  )

  /** Nothing arrives for this reason. */
  fail(message: string): void {
    const { failures } = this.report
    this.report =
      failures.includes(message) || failures.length >= mostFailures
        ? this.report
        : { ...this.report, failures: [...failures, message] }
  }

  /** Sends points in one request, or in several where one would be too large. */
  private send(part: Part, progress: Progress): Effect.Effect<Sent> {
    return Effect.gen(this, function* () {
      const { encoding, pace, resource, size, stream } = this.context
      const request = makeRequest(stream.baselines, part.endTime)
      yield* inSlices(part.points.values(), (point) => {
        if (point !== undefined) {
          request.add(point)
        }
        return true
      })
      // A request is encoded in one go, and so has a turn of the event loop to itself.
      yield* pause
      const body = yield* encoding.encode(request.build(resource))
      yield* pause
      pace.encoded(part.points.length, body)
      if (body.byteLength > size.bytes() && part.points.length > 1) {
        body.release()
        return yield* this.sendHalves(part, progress)
      }
      const deltas = part.points.filter(({ metric }) => stream.baselines.isDelta(metric))
      const { isRepeat } = progress
      const outgoing = { body, points: part.points.length, isRepeat, isDelta: deltas.length > 0 }
      const result = yield* Effect.either(part.sender.send(outgoing))
      body.release()
      this.report = { ...this.report, requests: this.report.requests + 1 }
      if (Either.isRight(result)) {
        if (part.points !== progress.whole) {
          part.points.forEach((point) => progress.taken.add(point))
        }
        stream.frozen.remove(part.points)
        stream.baselines.acknowledge(deltas, part.endTime)
        stream.exemplars.acknowledge(part.points)
        return yield* this.acknowledged(part, result.right)
      }
      return yield* this.failed({ ...part, deltas, body, failure: result.left }, progress)
    })
  }

  private sendHalves(part: Part, progress: Progress): Effect.Effect<Sent> {
    return Effect.gen(this, function* () {
      const all: Array<Sent> = []
      for (const points of halves(part.points)) {
        all.push(this.isOver ? "over" : yield* this.send({ ...part, points }, progress))
      }
      return (["over", "refused"] as const).find((one) => all.includes(one)) ?? "acknowledged"
    })
  }

  private acknowledged({ points }: Part, rejection: Rejection): Effect.Effect<Sent> {
    return Effect.gen(this, function* (): Effect.fn.Return<Sent> {
      const { name, selfMetrics, stream } = this.context
      this.passed += 1
      this.report = {
        ...this.report,
        points: this.report.points + points.length - rejection.points,
        rejected: this.report.rejected + rejection.points
      }
      if (rejection.points > 0) {
        selfMetrics.dropped({ metric: "of a request", reason: "rejected", points: rejection.points })
      }
      if ((rejection.points > 0 || rejection.message !== "") && stream.isNews(rejection.message)) {
        const what = rejection.points > 0 ? `rejected ${rejection.points} of ${points.length} points` : "warns"
        yield* Effect.logWarning(`${name} accepted an export and ${what}: ${rejection.message || "(no message)"}`)
      }
      return "acknowledged"
    })
  }

  private failed(part: Failed, progress: Progress): Effect.Effect<Sent> {
    return Effect.gen(this, function* () {
      const { size, stream } = this.context
      const { isReset, isUnknown, message, pauseMs, reason } = part.failure
      progress.isRepeat ||= isUnknown
      if (isUnknown && part.deltas.length > 0) {
        stream.frozen.add({ endTime: part.endTime, points: part.points })
      }
      switch (reason) {
        case "size":
          if (part.points.length > 1) {
            size.refused(part.body.byteLength)
            return yield* this.sendHalves(part, progress)
          }
          progress.refusals.push(message)
          this.tooLarge += 1
          if (this.passed === 0 && this.tooLarge >= mostTooLarge) {
            size.forget()
            this.isOver = true
            this.fail(message)
            return "over"
          }
          return "refused"
        case "content":
          progress.refusals.push(message)
          return "refused"
        case "unavailable":
        case "all":
          this.isOver = true
          this.fail(message)
          stream.pause(message, pauseMs)
          if (isReset) {
            size.reset(part.body.byteLength)
          }
          return "over"
      }
    })
  }

  private leaveOut({ isMetric, points }: Refused, why: string): Effect.Effect<void> {
    return Effect.map(Clock.currentTimeMillis, (nowMs) => {
      const { frozen, leftOut } = this.context.stream
      frozen.remove(points)
      for (const { metric, series } of points) {
        leftOut.add(isMetric ? metric : series, nowMs)
      }
      const [first] = points
      if (first !== undefined) {
        const what = isMetric ? "the receiver refuses it" : `the receiver refuses a series of it, ${labelsOf(first)}`
        const { name: metric } = first.metric
        this.context.selfMetrics.dropped({ metric, reason: "refused", points: points.length, why: `${what}: ${why}` })
      }
    })
  }
}

interface Failed extends Part {
  readonly deltas: ReadonlyArray<Point>
  readonly body: Encoded
  readonly failure: SendFailed
}

const labelsOf = ({ series }: Point): string => printable(JSON.stringify(series.attributes), [])
