/** Recording rules for the requests that a server answers, by route. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { grown } from "../promql/grown.ts"
import { buckets, observations, quantile } from "../promql/select.ts"
import { answeredRequest, matchedRoute } from "../promql/values.ts"
import { record, type Recording } from "./recording.ts"

const { http } = catalogue

const answered = { http_route: matchedRoute, error_type: answeredRequest }

export const requests = record(
  "http_route:http_requests:increase10m",
  "Requests to a route that ended in 10 minutes, those that clients gave up excepted.",
  grown(observations(http.serverRequestDuration, answered), "10m").sumBy("job", "http_route")
)

export const latency = record(
  "http_route:http_request_duration_seconds:p95_10m",
  "95th percentile of the duration of requests to a route that ended in 10 minutes, those that clients gave up excepted.",
  quantile(0.95, buckets(http.serverRequestDuration, answered).rate("10m").sumBy("job", "http_route", "le"))
)

export const httpRecordings: ReadonlyArray<Recording> = [requests, latency]
