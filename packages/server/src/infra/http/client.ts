/** The decorator of `HttpClient`: times each request that it sends, until the response's head has arrived. */
import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import { bind } from "../../observe/instrument/bind.ts"
import { Bindings } from "../../observe/instrument/bindings.ts"
import { currentFiber } from "../../observe/instrument/fiber.ts"
import type { Ambient } from "../../observe/instrument/label.ts"
import type { Series } from "../../observe/instrument/series.ts"
import { MetricsService } from "../../observe/metrics.ts"
import { ofCause } from "../../observe/track/outcome-of.ts"
import { type Ending, type Tracker, Watch } from "../../observe/track/watch.ts"
import { decorateOnce } from "../decorator/decorate-once.ts"
import { clientErrorType } from "./client-error.ts"
import { type Method, methodOf } from "./request-attributes.ts"
import { type Server, serverOf } from "./server-address.ts"

type Request = HttpClientRequest.HttpClientRequest
type Response = HttpClientResponse.HttpClientResponse

/**
 * Decorates the `HttpClient` that it is given. Each request that this client sends counts once; retries and redirects
 * that are put on top of it (`HttpClient.retry`, `HttpClient.followRedirects`) are requests of their own. What a
 * response is read or decoded to comes after its end.
 */
export const clientLayer: Layer.Layer<HttpClient.HttpClient, never, HttpClient.HttpClient | MetricsService> =
  Layer.effect(
    HttpClient.HttpClient,
    Effect.map(Effect.all([HttpClient.HttpClient, MetricsService]), ([client, metrics]) =>
      decorateOnce("HttpClient", client, { meter: metrics.meter, decorate: (given) => decorate(given, metrics) })
    )
  )

const decorate = (client: HttpClient.HttpClient, metrics: MetricsService): HttpClient.HttpClient => {
  const tracker = trackerOf(metrics)
  return HttpClient.transform(client, (sending, request) =>
    Effect.uninterruptibleMask((restore) => {
      const watch = new Watch(tracker, currentFiber())
      const sent = watch.begin(tracker, request)
      return Effect.matchCauseEffect(restore(sending), {
        onFailure: (cause) => {
          watch.end(ofCause(cause))
          return Exit.failCause(cause)
        },
        onSuccess: (response) => {
          tracker.meter.guard(site, () => sent?.answered(response, watch.elapsed()))
          return Exit.succeed(response)
        }
      })
    })
  )
}

const site = "http client"

/** Told of the end of a request: of a response, or of the outcome without one. */
interface Sent extends Ending {
  readonly answered: (response: Response, seconds: number) => void
}

interface Sending extends Server {
  readonly method: Method
  readonly ambient: Ambient
}

interface Answer {
  readonly status: number | undefined
  readonly errorType: string | undefined
}

const trackerOf = (metrics: MetricsService): Tracker<Request, Sent> => {
  const series = new ClientSeries(metrics)
  return {
    site,
    meter: metrics.meter,
    begin: ({ method, url }, start) => {
      const sending = { method: methodOf(method), ambient: start.ambient, ...serverOf(url) }
      const active = series.activeOf(sending)
      active.record(1)
      const end = (seconds: number, answer: Answer): void => {
        active.record(-1)
        series.durationOf(sending, answer).record(seconds, start)
      }
      return {
        answered: ({ status }, seconds) =>
          end(seconds, { status, errorType: status >= 400 ? String(status) : undefined }),
        ended: (outcome, seconds) => end(seconds, { status: undefined, errorType: clientErrorType(outcome) })
      }
    }
  }
}

/** The series of requests, bound once for each set of labels. */
class ClientSeries {
  private readonly handles: MetricsService["http"]
  private readonly active: Bindings<Series>
  private readonly durations: Bindings<Series>

  constructor({ http, meter }: MetricsService) {
    this.handles = http
    this.active = new Bindings(meter)
    this.durations = new Bindings(meter)
  }

  activeOf({ address, ambient, method, port }: Sending): Series {
    const branch = this.active.under(ambient).at(method).at(address).at(port)
    branch.bound ??= bind(
      this.handles.clientActiveRequests,
      { http_request_method: method, server_address: address, server_port: port },
      ambient
    )
    return branch.bound
  }

  durationOf({ address, ambient, method, port }: Sending, { errorType, status }: Answer): Series {
    const statusCode = status === undefined ? undefined : String(status)
    const branch = this.durations.under(ambient).at(method).at(address).at(port).at(statusCode).at(errorType)
    branch.bound ??= bind(
      this.handles.clientRequestDuration,
      {
        http_request_method: method,
        server_address: address,
        server_port: port,
        http_response_status_code: statusCode,
        error_type: errorType
      },
      ambient
    )
    return branch.bound
  }
}
