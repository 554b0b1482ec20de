/** Requests to the server: rate, errors, duration, by route. */
import { catalogue, clientAbort } from "@parametric-portal/server/observe/catalogue"
import { eventLoopBlocked } from "../../alerts/event-loop-blocked.ts"
import { httpErrorBudgetBurn } from "../../alerts/http-error-budget-burn.ts"
import { httpLatencyHigh } from "../../alerts/http-latency-high.ts"
import { amounts, gauge, observations } from "../../promql/select.ts"
import { failedRequest } from "../../promql/values.ts"
import { httpBudget } from "../../rules/http-budget.ts"
import { recorded } from "../../rules/recording.ts"
import type { Panel } from "../dashboard.ts"
import { httpRoute, percentile, percentiles, process, service } from "../scope.ts"

const { http } = catalogue

const [burn = httpLatencyHigh] = httpErrorBudgetBurn

const of = { ...process, ...httpRoute }

const empty = "No request was measured: HttpMetrics of infra/http is not in place."

export const requestPanels = [
  {
    title: "Requests by status",
    kind: "stack",
    unit: "suffix: requests/s",
    description:
      "A band of 500 and above: the server fails. No status: the client had gone away. Everything falls to 0: no " +
      "request gets here, or none ends.",
    alert: burn,
    queries: [
      {
        query: observations(http.serverRequestDuration, of).rate("$__rate_interval").sumBy("http_response_status_code"),
        legend: "status {{http_response_status_code}}"
      }
    ],
    empty
  },
  {
    title: "Requests by route",
    kind: "stack",
    unit: "suffix: requests/s",
    description:
      "Which routes have the traffic. A band that ends: nobody asks for it, or it is no longer served. A band without " +
      "a route: paths that no route matches.",
    alert: burn,
    queries: [
      {
        query: observations(http.serverRequestDuration, of)
          .rate("$__rate_interval")
          .sumBy("http_request_method", "http_route"),
        legend: "{{http_request_method}} {{http_route}}"
      }
    ],
    empty
  },
  {
    title: "Errors by route",
    kind: "stack",
    unit: "suffix: requests/s",
    description: "Requests that failed. One route: its code or what it calls. All at once: what they share.",
    alert: burn,
    queries: [
      {
        query: observations(http.serverRequestDuration, { ...of, error_type: failedRequest })
          .rate("$__rate_interval")
          .sumBy("http_route", "error_type"),
        legend: "{{http_route}} {{error_type}}"
      }
    ],
    empty: "No request failed."
  },
  {
    title: "Request duration",
    kind: "lines",
    unit: "s",
    description: "From arrival to the end of the response's body. Far apart: some requests are much slower than most.",
    alert: httpLatencyHigh,
    queries: percentiles(http.serverRequestDuration, of, "job"),
    empty
  },
  {
    title: "Request duration by route",
    kind: "lines",
    unit: "s",
    description: "One route rises: what it does. All rise together: the event loop, below, or what they share.",
    alert: httpLatencyHigh,
    queries: [percentile(http.serverRequestDuration, of, "http_route")],
    empty
  },
  {
    title: "Requests in flight",
    kind: "lines",
    unit: "suffix: requests",
    description: "Normally low and flat. A climb: requests arrive faster than they end.",
    alert: httpLatencyHigh,
    queries: [
      { query: gauge(http.serverActiveRequests, process).sumBy("job", "instance"), legend: "{{job}} {{instance}}" }
    ],
    empty
  },
  {
    title: "Event loop delay",
    kind: "lines",
    unit: "s",
    description:
      "How late the event loop is. It rises with the duration of all routes: the loop is what they wait for.",
    alert: eventLoopBlocked,
    width: 12,
    queries: [
      {
        query: gauge(catalogue.runtime.eventLoopDelayP99, process).maxBy("job", "instance"),
        legend: "{{job}} {{instance}} p99"
      }
    ],
    empty: "RuntimeMetrics of observe/runtime is not in place."
  },
  {
    title: "Event loop utilization",
    kind: "lines",
    unit: "percentunit",
    description:
      "Close to 100%: the process has more to do than it can. Low while requests are slow: they wait for others.",
    alert: eventLoopBlocked,
    width: 12,
    queries: [
      {
        query: gauge(catalogue.runtime.eventLoopUtilization, process).sumBy("job", "instance"),
        legend: "{{job}} {{instance}}"
      }
    ],
    empty: "RuntimeMetrics of observe/runtime is not in place."
  },
  {
    title: "Error budget burn rate by route",
    kind: "lines",
    unit: "suffix:x",
    description:
      "Use of the error budget in the last hour, as a multiple of the sustainable rate. At 1 it lasts thirty days; at " +
      "14.4 it is gone in two.",
    alert: burn,
    width: 12,
    queries: [
      { query: recorded(httpBudget["1h"].burn, { ...service, ...httpRoute }), legend: "{{job}} {{http_route}}" }
    ],
    empty: "No route answered a request in the last hour."
  },
  {
    title: "Requests that clients gave up",
    kind: "stack",
    unit: "suffix: requests/s",
    description: "They count as no error. A rise together with the duration: clients don't wait that long.",
    alert: httpLatencyHigh,
    width: 12,
    queries: [
      {
        query: observations(http.serverRequestDuration, { ...of, error_type: clientAbort })
          .rate("$__rate_interval")
          .sumBy("http_route"),
        legend: "{{http_route}}"
      }
    ],
    empty: "No client went away before it was answered."
  },
  {
    title: "Bytes received and sent",
    kind: "lines",
    unit: "suffix: bytes/s",
    description: "Bodies only. Sent grows faster than the requests: responses got larger.",
    alert: httpLatencyHigh,
    queries: [
      {
        query: amounts(http.serverRequestBodySize, of).rate("$__rate_interval").sumBy("job"),
        legend: "{{job}} received"
      },
      { query: amounts(http.serverResponseBodySize, of).rate("$__rate_interval").sumBy("job"), legend: "{{job}} sent" }
    ],
    empty: "No body was measured."
  },
  {
    title: "Response body size by route",
    kind: "lines",
    unit: "bytes",
    description: "A route whose responses grow gets slower, and needs more memory.",
    alert: httpLatencyHigh,
    queries: [percentile(http.serverResponseBodySize, of, "http_route")],
    empty: "No body was measured."
  },
  {
    title: "Request body size by route",
    kind: "lines",
    unit: "bytes",
    description: "A jump: a client sends more at once than before.",
    alert: httpLatencyHigh,
    queries: [percentile(http.serverRequestBodySize, of, "http_route")],
    empty: "No request had a body whose length it said."
  }
] as const satisfies ReadonlyArray<Panel>
