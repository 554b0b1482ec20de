/**
 * One request to this server under watch, from its arrival to the end of the response's body. Whatever is told of the
 * end more than once counts once.
 */
import type * as HttpBody from "@effect/platform/HttpBody"
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import type * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Cause from "effect/Cause"
import type * as Exit from "effect/Exit"
import type * as Tracer from "effect/Tracer"
import { attempted } from "../../observe/catalogue/attempt.ts"
import type { AnyFiber } from "../../observe/instrument/fiber.ts"
import type { Series } from "../../observe/instrument/series.ts"
import { type Site, Watch } from "../../observe/track/watch.ts"
import { clientAbort } from "../../observe/catalogue/http.ts"
import { errorTypeOf, isBodyFailure, isClientAbort, outcomeOf } from "./error-type.ts"
import {
  bodySizeOf,
  type Connection,
  isBroken,
  isGone,
  isWeb,
  methodOf,
  schemeOf,
  whenClosed
} from "./request-attributes.ts"
import { RequestRoute } from "./request-route.ts"
import type { Answer, Arrival, ServerSeries } from "./server-series.ts"

/** What is known when a request arrives. */
export interface Arriving {
  readonly request: HttpServerRequest.HttpServerRequest
  readonly source: object
  readonly connection: Connection
  readonly fiber: AnyFiber
  /** The span that a router may write the route to. */
  readonly span: Tracer.AnySpan | undefined
  readonly series: ServerSeries
  readonly at: Site
  /** Those under way that it is one of until its end. */
  readonly among: Requests
}

/** Requests under way, by what each was received with. */
export interface Requests {
  readonly find: (source: object) => ServedRequest | undefined
  readonly begun: (served: ServedRequest) => void
  readonly ended: (served: ServedRequest) => void
}

/** The body of a response, where it is a stream. */
export interface Streamed {
  readonly body: HttpBody.HttpBody
  bytes: number
  exit: Exit.Exit<unknown, unknown> | undefined
}

/** Counted as under way as soon as it is made. */
export class ServedRequest {
  readonly route: RequestRoute
  /** The response that is written, as far as it is known; absent where the client was gone before its head. */
  response: HttpServerResponse.HttpServerResponse | undefined = undefined
  /** A response was about to be written. */
  isAnswered = false
  streamed: Streamed | undefined = undefined
  hasEnded = false
  private cause: Cause.Cause<unknown> | undefined = undefined
  private hasAppEnded = false
  readonly arrival: Arrival
  private readonly watch: Watch
  private readonly active: Series
  readonly arriving: Arriving

  constructor(arriving: Arriving) {
    const { at, connection, fiber, request, series, span } = arriving
    this.arriving = arriving
    this.watch = new Watch(at, fiber)
    this.arrival = {
      method: methodOf(request.method),
      scheme: schemeOf(request, connection),
      ambient: this.watch.ambient
    }
    this.route = new RequestRoute(request, span)
    this.active = series.activeOf(this.arrival)
    this.active.record(1)
  }

  /** This response is about to be written, in place of any before. */
  answer(response: HttpServerResponse.HttpServerResponse): void {
    this.isAnswered = true
    this.response = response
  }

  /** The client has gone while the response is about to be written. */
  goneBeforeAnswer(): void {
    this.response = undefined
    this.end({ isGone: true })
  }

  /** Its connection has closed while its response waited behind others. */
  neverSent(): void {
    if (this.isAnswered) {
      this.response = undefined
      this.end({ isGone: true })
    }
  }

  /** Its stream of HTTP/2 has closed before all of the response was sent. */
  cutOff(): void {
    // A handler that still runs ends the request, and of a body that is a stream Effect tells the end.
    if (this.isAnswered && !this.isStreaming) {
      this.end({ isGone: true })
    }
  }

  /** The fiber that wrote the response has ended; what failed in it is the body, if it is not the client. */
  written(exit: Exit.Exit<unknown, unknown>): void {
    if (exit._tag === "Failure" && (isClientAbort(exit.cause) || isBodyFailure(outcomeOf(exit.cause)))) {
      this.cause = exit.cause
    }
    this.end()
  }

  // Node says nothing of a body that it could not write to the end, but that the connection broke.
  private get isCutOff(): boolean {
    const { arriving, cause, response } = this
    const hasBody =
      response !== undefined &&
      response.body._tag !== "Empty" &&
      response.body !== this.streamed?.body &&
      !bodiless.has(response.status)
    return cause === undefined && hasBody && isBroken(arriving.connection)
  }

  /** What is to be written has no body that a web handler's reader would read: nothing says of its end. */
  get isWithoutEnd(): boolean {
    return this.arrival.method === "HEAD" && isWeb(this.arriving.connection)
  }

  /**
   * A server of Node handles each request on a fiber that ends when the response is written, at a tenth of what it costs
   * to be told by the scope.
   */
  get hasFiberOfItsOwn(): boolean {
    return this.arriving.connection.destroyed !== undefined
  }

  /** Counts a defect in what observes it. */
  swallow(thrown: unknown): undefined {
    const { meter, site } = this.arriving.at
    return meter.swallow(site, thrown)
  }

  /** The client is known to have gone away. */
  get isClientGone(): boolean {
    return isGone(this.arriving.connection)
  }

  /** The application has ended, which is the end of the request unless its body is still to be written. */
  appEnded(exit: Exit.Exit<HttpServerResponse.HttpServerResponse, unknown>): void {
    this.hasAppEnded = true
    if (exit._tag === "Failure") {
      this.cause = exit.cause
    } else {
      this.response = exit.value
    }
  }

  /** The body is a stream, which is under way now and was not read to its end. */
  get isStreaming(): boolean {
    const { response, streamed } = this
    return streamed !== undefined && streamed.exit === undefined && response?.body === streamed.body
  }

  /** The stream has ended, and with it the request if the application had. */
  streamEnded(streamed: Streamed, exit: Exit.Exit<unknown, unknown>): void {
    streamed.exit = exit
    if (this.hasAppEnded) {
      const isCancelled = exit._tag === "Failure" && Cause.isInterruptedOnly(exit.cause)
      this.end({ isGone: isCancelled && isWeb(this.arriving.connection) })
    }
  }

  /** A handler is about to take the connection over. What a handshake that fails is answered with, nobody says. */
  upgrading(): void {
    const { at, connection } = this.arriving
    whenClosed(connection, () => at.meter.guard(at.site, () => this.end({ isGone: true })))
  }

  /** The request was taken over by another protocol. */
  upgraded(): void {
    const { meter, site } = this.arriving.at
    meter.guard(site, () => this.record({ route: this.foundRoute, status: 101, errorType: undefined }, undefined))
  }

  /** The end of the request, if it is the first. */
  end({ isGone = false }: { readonly isGone?: boolean } = {}): void {
    if (!this.hasEnded) {
      end(this, isGone)
    }
  }

  /** The same, which may throw. */
  unsafeEnd(isGone: boolean): void {
    const errorType = isGone || this.isCutOff ? clientAbort : this.errorType()
    const status = this.statusSent(errorType)
    this.record({ route: this.foundRoute, status, errorType }, this.sizeSent(errorType))
  }

  /** The end of a request of which no more can be told. */
  lost(): void {
    this.record({ route: this.foundRoute, status: this.response?.status, errorType: undefined }, undefined)
  }

  private record(answer: Answer, sent: number | undefined): void {
    if (this.hasEnded) {
      return
    }
    this.hasEnded = true
    this.arriving.among.ended(this)
    this.active.record(-1)
    const { connection, request, series } = this.arriving
    const served = series.servedOf(this.arrival, answer)
    served.duration.record(this.watch.elapsed(), this.watch)
    const received = answer.errorType === clientAbort ? undefined : bodySizeOf(request, connection)
    if (received !== undefined) {
      served.requestSize.record(received, this.watch)
    }
    if (sent !== undefined) {
      served.responseSize.record(sent, this.watch)
    }
  }

  private get foundRoute(): string | undefined {
    return foundRoute(this, this.cause)
  }

  private errorType(): string | undefined {
    const { cause, response, streamed } = this
    const streamCause = streamed?.exit?._tag === "Failure" ? streamed.exit.cause : undefined
    if ((cause !== undefined && isClientAbort(cause)) || (streamCause !== undefined && isClientAbort(streamCause))) {
      return clientAbort
    }
    if (streamCause !== undefined) {
      const outcome = outcomeOf(streamCause)
      return outcome && errorTypeOf(outcome)
    }
    const status = response?.status ?? 500
    const outcome = cause && outcomeOf(cause)
    if (outcome !== undefined && (status >= 500 || isBodyFailure(outcome))) {
      return errorTypeOf(outcome)
    }
    return status >= 500 ? String(status) : undefined
  }

  // Where the client was gone before the head, Effect answers 499, which nobody received.
  private statusSent(errorType: string | undefined): number | undefined {
    const { response } = this
    return errorType === clientAbort && response?.status === clientClosed ? undefined : response?.status
  }

  private sizeSent(errorType: string | undefined): number | undefined {
    const { cause, response, streamed } = this
    if (response === undefined) {
      return undefined
    }
    if (bodiless.has(response.status)) {
      return 0
    }
    if (streamed !== undefined && response.body === streamed.body) {
      return streamed.bytes
    }
    if (errorType === clientAbort || (cause !== undefined && isBodyFailure(outcomeOf(cause)))) {
      return undefined
    }
    const { body } = response
    return body._tag === "Empty" || this.arrival.method === "HEAD" ? 0 : body.contentLength
  }
}

// These are made once, so that a request makes no closure to be guarded.
const end = attempted(
  (served: ServedRequest, isGone: boolean) => served.unsafeEnd(isGone),
  (served, thrown) => {
    served.swallow(thrown)
    served.lost()
  }
)

const foundRoute = attempted(
  ({ route }: ServedRequest, cause: Cause.Cause<unknown> | undefined) => route.found(cause),
  (served, thrown) => served.swallow(thrown)
)

/** Whatever the application gives, responses of these statuses are sent without a body. */
const bodiless: ReadonlySet<number> = new Set([204, 304])

/** The status with which Effect ends a request whose client went away. */
const clientClosed = 499
