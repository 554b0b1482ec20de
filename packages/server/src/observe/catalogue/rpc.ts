/** The RPC metrics: calls of @effect/rpc, seen by the server and by the client. */
import { conventional } from "./conventional.ts"
import type { Rows } from "./row.ts"

const attributes = ["rpc.system.name", "rpc.method", "error.type"] as const

export const rpc = {
  serverCallDuration: conventional({
    name: "rpc.server.call.duration",
    kind: "histogram",
    unit: "s",
    stability: "stable",
    attributes,
    boundaries: "http",
    help: "Duration of a call to this server, of a stream until its end, whatever its outcome; error_type is absent on success.",
    excludes:
      "The wait for the server's concurrency, of calls that reach their handler. Without RpcMetrics.serverProtocolLayer also " +
      "calls whose method is unknown or whose payload does not decode, and those that are interrupted in that wait."
  }),
  serverCallsActive: {
    name: "rpc_server_calls_active",
    kind: "upDownCounter",
    unit: "{call}",
    labels: ["rpc_system_name", "rpc_method"],
    help: "Calls to this server that are under way."
  },
  clientCallDuration: conventional({
    name: "rpc.client.call.duration",
    kind: "histogram",
    unit: "s",
    stability: "stable",
    attributes,
    boundaries: "http",
    help:
      "Duration of a call from this process, of a stream until its end, whatever its outcome; error_type is absent on " +
      "success."
  }),
  clientCallsActive: {
    name: "rpc_client_calls_active",
    kind: "upDownCounter",
    unit: "{call}",
    labels: ["rpc_system_name", "rpc_method"],
    help: "Calls from this process that are under way."
  }
} as const satisfies Rows
