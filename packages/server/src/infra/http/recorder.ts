/** Finds the observation of a request, and sees its response before it is written. */
import * as HttpApp from "@effect/platform/HttpApp"
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Tracer from "effect/Tracer"
import { attempted } from "../../observe/catalogue/attempt.ts"
import { type AnyFiber, serviceOf } from "../../observe/instrument/fiber.ts"
import type { Meter } from "../../observe/instrument/meter.ts"
import type { MetricsService } from "../../observe/metrics.ts"
import type { Site } from "../../observe/track/watch.ts"
import { type Http2Request, isCutOff, isStream } from "./http2-stream.ts"
import { connectionOf, sourceOf, whenClosed } from "./request-attributes.ts"
import type { LookUp } from "./request-route.ts"
import { type Requests, ServedRequest, type Streamed } from "./served-request.ts"
import { ServerSeries } from "./server-series.ts"
import { UnderWay } from "./under-way.ts"

type Request = HttpServerRequest.HttpServerRequest
type Response = HttpServerResponse.HttpServerResponse

/** The requests under way to the servers of one registry. */
export class Recorder {
  /**
   * Lets this recorder see the response of the request that the fiber handles. It costs a few microseconds, as it
   * changes a reference of the fiber.
   */
  readonly seeResponse: Effect.Effect<void>
  private readonly at: Site
  private readonly series: ServerSeries
  private readonly underWay = new UnderWay()

  constructor(metrics: MetricsService) {
    this.at = { site: "http server", meter: metrics.meter }
    this.series = new ServerSeries(metrics)
    this.seeResponse = HttpApp.appendPreResponseHandler((request, response) =>
      Effect.sync(() => this.guard(() => this.responding(request, response)) ?? response)
    )
  }

  /** Begins the observation of the request that the fiber handles; `undefined` where it has one already. */
  begin(fiber: AnyFiber): ServedRequest | undefined {
    return begin(this, fiber)
  }

  /** The same, which may throw. */
  unsafeBegin(fiber: AnyFiber): ServedRequest | undefined {
    const request = serviceOf(fiber.currentContext, HttpServerRequest.HttpServerRequest)
    const source = sourceOf(request)
    const connection = connectionOf(source)
    const among = this.underWay.of(source, connection)
    if (among.find(source) !== undefined) {
      return undefined
    }
    const { at, series } = this
    const span: Tracer.AnySpan | undefined = fiber.currentContext.unsafeMap.get(Tracer.ParentSpan.key)
    const served = new ServedRequest({ request, source, connection, fiber, span, series, at, among })
    this.underWay.latest = served
    seeEnd(served, among)
    return served
  }

  /** The observation of a request, until its end. */
  find(request: Request): ServedRequest | undefined {
    const { latest } = this.underWay
    const source = sourceOf(request)
    // Most handlers begin as soon as the request has: then it is found without a lookup.
    return latest?.arriving.source === source && !latest.hasEnded
      ? latest
      : this.underWay.of(source, connectionOf(source)).find(source)
  }

  /** A request goes to a router that can be asked for its route. */
  reached(request: Request, lookUp: LookUp): void {
    this.guard(() => this.find(request)?.route.reached(request, lookUp))
  }

  /** Runs what observes: a defect in it goes no further. */
  guard<A>(observe: () => A): A | undefined {
    return this.at.meter.guard(this.at.site, observe)
  }

  /** Counts a defect in what observes. */
  swallow(thrown: unknown): undefined {
    return this.at.meter.swallow(this.at.site, thrown)
  }

  /** The response as it is to be written; its body is counted if it is a stream. */
  answered(served: ServedRequest, response: Response): Response {
    if (served.isClientGone) {
      // What takes the place of a response that failed is not sent; a failing body breaks the connection itself.
      if (!served.isAnswered) {
        served.goneBeforeAnswer()
      }
      return response
    }
    const isRead = served.arrival.method !== "HEAD" && response.body !== served.streamed?.body
    const seen = isRead ? this.counted(served, response) : response
    served.answer(seen)
    return seen
  }

  private responding(request: Request, response: Response): Response {
    const served = this.find(request)
    return served === undefined ? response : this.answered(served, response)
  }

  private counted(served: ServedRequest, response: Response): Response {
    const { body } = response
    if (body._tag !== "Stream") {
      return response
    }
    const stream = body.stream.pipe(
      Stream.mapChunks((chunk) => {
        this.guard(() => {
          streamed.bytes += Chunk.reduce(chunk, 0, (sum, { byteLength }) => sum + byteLength)
        })
        return chunk
      }),
      Stream.ensuringWith((exit) => Effect.sync(() => this.guard(() => served.streamEnded(streamed, exit))))
    )
    const streamed: Streamed = {
      body: HttpBody.stream(stream, body.contentType, body.contentLength),
      bytes: 0,
      exit: undefined
    }
    served.streamed = streamed
    return HttpServerResponse.setBody(response, streamed.body)
  }
}

// Made once, so that a request makes no closure to be guarded: each costs as much as a few lookups.
const begin = attempted(
  (recorder: Recorder, fiber: AnyFiber) => recorder.unsafeBegin(fiber),
  (recorder, thrown) => recorder.swallow(thrown)
)

// What can't be told of a connection loses no request.
const seeEnd = attempted(
  (served: ServedRequest, among: Requests): void => {
    among.begun(served)
    const { connection, source } = served.arriving
    if (isStream(source)) {
      whenClosed(connection, () => cutOff(served, source))
    }
  },
  (served, thrown) => served.swallow(thrown)
)

const cutOff = attempted(
  (served: ServedRequest, source: Http2Request) => {
    if (isCutOff(source)) {
      served.cutOff()
    }
  },
  (served, thrown) => served.swallow(thrown)
)

/** The recorder of the registry that a `MetricsService` records in. */
export const recorderOf = (metrics: MetricsService): Recorder => {
  const known = recorders.get(metrics.meter)
  if (known !== undefined) {
    return known
  }
  const made = new Recorder(metrics)
  recorders.set(metrics.meter, made)
  return made
}

const recorders = new WeakMap<Meter, Recorder>()
