/** Calls of @effect/rpc, to the server and from it. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { eventLoopBlocked } from "../../alerts/event-loop-blocked.ts"
import { httpLatencyHigh } from "../../alerts/http-latency-high.ts"
import { gauge, observations } from "../../promql/select.ts"
import { withError } from "../../promql/values.ts"
import type { Panel } from "../dashboard.ts"
import { percentile, process } from "../scope.ts"

const { rpc } = catalogue

const empty = "No call was measured: RpcMetrics of infra/rpc is not in place."

export const rpcPanels = [
  {
    title: "RPC calls",
    kind: "lines",
    unit: "suffix: calls/s",
    description: "By method, as the server and as clients see them. Sent far above served: calls don't arrive.",
    alert: httpLatencyHigh,
    queries: [
      {
        query: observations(rpc.serverCallDuration, process).rate("$__rate_interval").sumBy("rpc_method"),
        legend: "{{rpc_method}} served"
      },
      {
        query: observations(rpc.clientCallDuration, process).rate("$__rate_interval").sumBy("rpc_method"),
        legend: "{{rpc_method}} sent"
      }
    ],
    empty
  },
  {
    title: "RPC duration",
    kind: "lines",
    unit: "s",
    description: "Of a stream until its end. The client's far above the server's: the way, or waiting for the server.",
    alert: httpLatencyHigh,
    queries: [
      { ...percentile(rpc.serverCallDuration, process, "rpc_method"), legend: "{{rpc_method}} server p95" },
      { ...percentile(rpc.clientCallDuration, process, "rpc_method"), legend: "{{rpc_method}} client p95" }
    ],
    empty
  },
  {
    title: "RPC errors",
    kind: "stack",
    unit: "suffix: calls/s",
    description:
      "Calls to this server that failed, by method and error. `interrupted` is a client that stopped waiting or left a " +
      "stream, which is no failure of the server.",
    alert: httpLatencyHigh,
    queries: [
      {
        query: observations(rpc.serverCallDuration, { ...process, error_type: withError })
          .rate("$__rate_interval")
          .sumBy("rpc_method", "error_type"),
        legend: "{{rpc_method}} {{error_type}}"
      }
    ],
    empty: "No call failed."
  },
  {
    title: "RPC calls in flight",
    kind: "lines",
    unit: "suffix: calls",
    description: "Open streams included. A climb: calls arrive faster than they end, or streams are not closed.",
    alert: eventLoopBlocked,
    width: 24,
    queries: [
      {
        query: gauge(rpc.serverCallsActive, process).sumBy("job", "rpc_method"),
        legend: "{{job}} {{rpc_method}} served"
      },
      { query: gauge(rpc.clientCallsActive, process).sumBy("job", "rpc_method"), legend: "{{job}} {{rpc_method}} sent" }
    ],
    empty
  }
] as const satisfies ReadonlyArray<Panel>
