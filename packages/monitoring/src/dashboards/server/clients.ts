/** Requests that the server sends to others. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { httpLatencyHigh } from "../../alerts/http-latency-high.ts"
import { gauge, observations } from "../../promql/select.ts"
import { withError } from "../../promql/values.ts"
import type { Panel } from "../dashboard.ts"
import { percentile, process } from "../scope.ts"

const { http } = catalogue

const empty = "No request was sent, or the client layer of infra/http is not in place."

export const clientPanels = [
  {
    title: "Requests sent",
    kind: "stack",
    unit: "suffix: requests/s",
    description:
      "By the server that they go to, retries included; without a status, no answer came. A jump without more " +
      "traffic: something retries.",
    alert: httpLatencyHigh,
    queries: [
      {
        query: observations(http.clientRequestDuration, process)
          .rate("$__rate_interval")
          .sumBy("server_address", "http_response_status_code"),
        legend: "{{server_address}} {{http_response_status_code}}"
      }
    ],
    empty
  },
  {
    title: "Requests sent that failed",
    kind: "stack",
    unit: "suffix: requests/s",
    description: "A status of 400 or above, or no answer at all. One server: it, or the way to it.",
    alert: httpLatencyHigh,
    queries: [
      {
        query: observations(http.clientRequestDuration, { ...process, error_type: withError })
          .rate("$__rate_interval")
          .sumBy("server_address", "error_type"),
        legend: "{{server_address}} {{error_type}}"
      }
    ],
    empty: "No request that was sent failed."
  },
  {
    title: "Time to a response's head",
    kind: "lines",
    unit: "s",
    description: "How long other servers take to answer. It rises with our own duration: we wait for them.",
    alert: httpLatencyHigh,
    queries: [percentile(http.clientRequestDuration, process, "server_address")],
    empty
  },
  {
    title: "Requests waiting for an answer",
    kind: "lines",
    unit: "suffix: requests",
    description: "A climb: the other server has stopped answering.",
    alert: httpLatencyHigh,
    width: 24,
    queries: [
      {
        query: gauge(http.clientActiveRequests, process).sumBy("job", "server_address"),
        legend: "{{job}} {{server_address}}"
      }
    ],
    empty
  }
] as const satisfies ReadonlyArray<Panel>
