/**
 * Delivers points in as many requests as it takes: smaller ones where they are too large, others where something in them
 * is refused. What was acknowledged is remembered, and deltas that may have been taken are frozen.
 */
import type { Resource } from "@opentelemetry/resources"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { ExportReport } from "../collect/destination.ts"
import type { Point } from "../collect/points/point.ts"
import type { SelfMetrics } from "../collect/self-metrics.ts"
import { printable } from "./answer.ts"
import type { Encoded, Encoding } from "./encoding.ts"
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
  readonly encoding: Encoding
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

/** The deliveries of one export, and how they went. */
export class Deliveries {
  report: ExportReport = { requests: 0, points: 0, rejected: 0, failures: [] }
  /** Nothing more can be sent by this export. */
  isOver = false
  private readonly budget = makeSearchBudget()
  private readonly context: DeliveryContext

  constructor(context: DeliveryContext) {
    this.context = context
  }

  /** Delivers points of one collection; of deltas, what came after their baselines. */
  deliver(part: Part): Effect.Effect<void> {
    return Effect.gen(this, function* () {
      const refusals: Array<string> = []
      const send = (points: ReadonlyArray<Point>) =>
        Effect.suspend(() => (this.isOver ? Effect.succeed("over" as const) : this.send({ ...part, points }, refusals)))
      if ((yield* send(part.points)) !== "refused") {
        return
      }
      const { isComplete, refused } = yield* new RefusalSearch(this.budget, send).find(part.points)
      const why = refusals.at(-1) ?? ""
      yield* Effect.forEach(refused, (one) => this.leaveOut(one, why), { discard: true })
      if (!isComplete) {
        this.fail(why)
      }
    })
  }

  /** Nothing arrives for this reason. */
  fail(message: string): void {
    const { failures } = this.report
    this.report = failures.includes(message) ? this.report : { ...this.report, failures: [...failures, message] }
  }

  /** Sends points in one request, or in several where one would be too large. */
  private send(part: Part, refusals: Array<string>): Effect.Effect<Sent> {
    return Effect.gen(this, function* () {
      const { encoding, pace, resource, size, stream } = this.context
      const request = makeRequest(stream.baselines, part.endTime)
      part.points.forEach(request.add)
      const body = yield* encoding.encode(request.build(resource))
      pace.encoded(part.points.length, body)
      if (body.bytes.byteLength > size.bytes() && part.points.length > 1) {
        return yield* this.sendHalves(part, refusals)
      }
      const deltas = part.points.filter(({ metric }) => stream.baselines.isDelta(metric))
      const { isRepeat, sender } = part
      const outgoing = { body, points: part.points.length, isRepeat, isDelta: deltas.length > 0 }
      const result = yield* Effect.either(sender.send(outgoing))
      this.report = { ...this.report, requests: this.report.requests + 1 }
      stream.frozen.remove(part.points)
      if (Either.isRight(result)) {
        stream.baselines.acknowledge(deltas, part.endTime)
        return yield* this.acknowledged(part, result.right)
      }
      return yield* this.failed({ ...part, deltas, body, failure: result.left }, refusals)
    })
  }

  private sendHalves(part: Part, refusals: Array<string>): Effect.Effect<Sent> {
    return Effect.gen(this, function* () {
      const all: Array<Sent> = []
      for (const points of halves(part.points)) {
        all.push(this.isOver ? "over" : yield* this.send({ ...part, points }, refusals))
      }
      return (["over", "refused"] as const).find((one) => all.includes(one)) ?? "acknowledged"
    })
  }

  private acknowledged({ points }: Part, rejection: Rejection): Effect.Effect<Sent> {
    return Effect.gen(this, function* (): Effect.fn.Return<Sent> {
      const { name, selfMetrics, stream } = this.context
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

  private failed(part: Failed, refusals: Array<string>): Effect.Effect<Sent> {
    return Effect.gen(this, function* () {
      const { size, stream } = this.context
      const { isReset, isUnknown, message, pauseMs, reason } = part.failure
      switch (reason) {
        case "size":
          size.refused(part.body.bytes.byteLength)
          if (part.points.length > 1) {
            return yield* this.sendHalves(part, refusals)
          }
          refusals.push(message)
          return "refused"
        case "content":
          refusals.push(message)
          return "refused"
        case "unavailable":
        case "all":
          this.isOver = true
          this.fail(message)
          stream.pause(message, pauseMs)
          if (isReset) {
            size.reset(part.body.bytes.byteLength)
          }
          if (isUnknown && part.deltas.length > 0) {
            stream.frozen.add({ endTime: part.endTime, points: part.points })
          }
          return "over"
      }
    })
  }

  private leaveOut({ isMetric, points }: Refused, why: string): Effect.Effect<void> {
    return Effect.map(Clock.currentTimeMillis, (nowMs) => {
      const { leftOut } = this.context.stream
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
