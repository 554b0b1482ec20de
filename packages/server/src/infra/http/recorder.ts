/** Finds the observation of a request, and sees its response before it is written. */
import * as HttpApp from "@effect/platform/HttpApp"
import * as HttpBody from "@effect/platform/HttpBody"
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Tracer from "effect/Tracer"
import type { AnyFiber } from "../../observe/instrument/fiber.ts"
import type { Meter } from "../../observe/instrument/meter.ts"
import type { MetricsService } from "../../observe/metrics.ts"
import { leave, type Pipeline, Pipelines } from "./pipelines.ts"
import { isCutOff, isStream } from "./http2-stream.ts"
import { connectionOf, sourceOf, whenClosed } from "./request-attributes.ts"
import type { LookUp } from "./request-route.ts"
import { ServedRequest, type Streamed } from "./served-request.ts"
import { ServerSeries } from "./server-series.ts"

type Request = HttpServerRequest.HttpServerRequest
type Response = HttpServerResponse.HttpServerResponse

const site = "http server"

/** The requests under way to the servers of one registry. */
export class Recorder {
  /**
   * Lets this recorder see the response of the request that the fiber handles. It costs a few microseconds, as it
   * changes a reference of the fiber.
   */
  readonly seeResponse: Effect.Effect<void>
  private readonly meter: Meter
  private readonly series: ServerSeries
  private readonly underWay = new WeakMap<object, ServedRequest>()
  private readonly pipelines = new Pipelines()

  constructor(metrics: MetricsService) {
    this.meter = metrics.meter
    this.series = new ServerSeries(metrics)
    this.seeResponse = HttpApp.appendPreResponseHandler((request, response) =>
      Effect.sync(() => this.guard(() => this.responding(request, response)) ?? response)
    )
  }

  /** Begins the observation of a request; `undefined` where it has one already. */
  begin(request: Request, fiber: AnyFiber): ServedRequest | undefined {
    return this.guard(() => {
      const source = sourceOf(request)
      if (this.underWay.has(source)) {
        return undefined
      }
      const { meter, series } = this
      const span: Tracer.AnySpan | undefined = fiber.currentContext.unsafeMap.get(Tracer.ParentSpan.key)
      const connection = connectionOf(source)
      // What has ended is forgotten: many keys that nobody removes make each garbage collection long.
      let pipeline: Pipeline | undefined = undefined
      const forget = (): void => {
        this.underWay.delete(source)
        if (pipeline !== undefined) {
          leave(pipeline, served)
        }
      }
      const served = new ServedRequest({ request, connection, fiber, span, series, at: { site, meter }, forget })
      this.underWay.set(source, served)
      if (isStream(source)) {
        this.guard(() => whenClosed(connection, () => this.guard(() => isCutOff(source) && served.cutOff())))
      } else if (served.hasFiberOfItsOwn) {
        pipeline = this.guard(() => this.pipelines.begun(connection, served))
      }
      return served
    })
  }

  /** The observation of a request, until its end. */
  find(request: Request): ServedRequest | undefined {
    return this.underWay.get(sourceOf(request))
  }

  /** A request goes to a router that can be asked for its route. */
  reached(request: Request, lookUp: LookUp): void {
    this.guard(() => this.find(request)?.route.reached(request, lookUp))
  }

  /** Runs what observes: a defect in it goes no further. */
  guard<A>(observe: () => A): A | undefined {
    return this.meter.guard(site, observe)
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
    const isRead = served.method !== "HEAD" && response.body !== served.streamed?.body
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
