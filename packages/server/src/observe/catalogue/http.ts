/** The HTTP metrics: requests that a server answers, and those that a client sends. */
import { conventional } from "./conventional.ts"
import type { Rows } from "./row.ts"

/** The values of the label `http_request_method`; every other method is `_OTHER`. */
export const httpMethods = [
  "CONNECT",
  "DELETE",
  "GET",
  "HEAD",
  "OPTIONS",
  "PATCH",
  "POST",
  "PUT",
  "QUERY",
  "TRACE",
  "_OTHER"
] as const

/** The values of the label `url_scheme`. */
export const urlSchemes = ["http", "https"] as const

/** The value of the label `error_type` of a request that its client gave up: an error of nobody. */
export const clientAbort = "client_abort"

const served = ["http.request.method", "url.scheme", "http.route", "http.response.status_code", "error.type"] as const
const sent = [
  "http.request.method",
  "server.address",
  "server.port",
  "http.response.status_code",
  "error.type"
] as const

const closed = { "http.request.method": httpMethods }
const closedOfServer = { ...closed, "url.scheme": urlSchemes }

const bytes = [100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000] as const

export const http = {
  serverRequestDuration: conventional({
    name: "http.server.request.duration",
    kind: "histogram",
    unit: "s",
    stability: "stable",
    attributes: served,
    closed: closedOfServer,
    boundaries: "http",
    help:
      "Duration of a request to this server, from its arrival to the end of the response's body, whatever its outcome; " +
      "error_type is absent where the server did what was asked.",
    excludes: "Requests that were under way when the process was killed."
  }),
  serverActiveRequests: conventional({
    name: "http.server.active_requests",
    kind: "upDownCounter",
    unit: "{request}",
    stability: "development",
    attributes: ["http.request.method", "url.scheme"],
    closed: closedOfServer,
    help: "Requests to this server that are under way."
  }),
  serverRequestBodySize: conventional({
    name: "http.server.request.body.size",
    kind: "histogram",
    unit: "By",
    stability: "development",
    attributes: served,
    closed: closedOfServer,
    boundaries: bytes,
    help: "Size of the body of a request to this server, as it was sent.",
    excludes: "Requests that do not say how long their body is, or have not sent as much."
  }),
  serverResponseBodySize: conventional({
    name: "http.server.response.body.size",
    kind: "histogram",
    unit: "By",
    stability: "development",
    attributes: served,
    closed: closedOfServer,
    boundaries: bytes,
    help: "Size of the body of a response of this server; of a stream, what had been sent when it ended.",
    excludes: "Bodies that are no stream and were not sent to the end."
  }),
  clientRequestDuration: conventional({
    name: "http.client.request.duration",
    kind: "histogram",
    unit: "s",
    stability: "stable",
    attributes: sent,
    closed,
    boundaries: "http",
    help:
      "Duration of a request that this process sent, until the response's head had arrived, whatever its outcome; " +
      "error_type is absent where the status is below 400."
  }),
  clientActiveRequests: conventional({
    name: "http.client.active_requests",
    kind: "upDownCounter",
    unit: "{request}",
    stability: "development",
    attributes: ["http.request.method", "server.address", "server.port"],
    closed,
    help: "Requests that this process has sent and whose response's head has not arrived."
  })
} as const satisfies Rows
