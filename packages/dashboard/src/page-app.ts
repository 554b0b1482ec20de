/** Everything that a receiver with the page answers beside OTLP: the page, `config.json` and `live`. */
import { HttpServerRequest } from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import type { Live } from "./live.ts"
import { answerLive } from "./live/live-app.ts"
import { answerPage, type PageAnswer, type PageConfiguration, type PageFiles, pageHeaders } from "./page-files.ts"
import type { App } from "./receiver/request-handler.ts"

export interface PageOptions {
  readonly files: PageFiles
  readonly live: Live
  /** The origin that senders use, such as `http://127.0.0.1:4318`, or nothing while it is not known. */
  readonly origin: () => string
}

/** The answers for the paths of the page; the callers' headers have been looked at before. */
export const pageApp = ({ files, live, origin }: PageOptions): App =>
  Effect.flatMap(HttpServerRequest, (request) => {
    const { headers, method } = request
    const path = (request.url.split("?")[0] ?? "").slice(1)
    const answer = answerLive(live, path, request)
    if (answer !== undefined) {
      return answer
    }
    const page = answerPage(files, configurationOf(origin()), { method, path, headers })
    return Effect.succeed(page === undefined ? notFound : responseOf(page))
  })

const configurationOf = (origin: string): PageConfiguration => ({
  hasMetrics: true,
  hasJobs: false,
  setup: setupOf(origin)
})

/** What a program's environment has to say, for our `Telemetry` and the SDKs of OpenTelemetry alike. */
export const setupOf = (origin: string): ReadonlyArray<string> => [
  `OTEL_EXPORTER_OTLP_ENDPOINT=${origin}`,
  "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf",
  "OTEL_METRIC_EXPORT_INTERVAL=1000"
]

const responseOf = ({ body, headers, status }: PageAnswer): HttpServerResponse.HttpServerResponse => {
  const { "content-type": contentType, ...rest } = headers
  return body === undefined || contentType === undefined
    ? HttpServerResponse.empty({ status, headers })
    : HttpServerResponse.uint8Array(body, { status, contentType, headers: rest })
}

const notFound = HttpServerResponse.text("Not found. The page is at /; send metrics to /v1/metrics.\n", {
  status: 404,
  headers: pageHeaders
})
