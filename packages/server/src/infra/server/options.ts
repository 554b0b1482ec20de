/** Which parts of a server are measured. */
import type * as Rpc from "@effect/rpc/Rpc"
import type * as RpcGroup from "@effect/rpc/RpcGroup"
import type { RuntimeOptions } from "../../observe/runtime/options.ts"
import type { SqlMetricsOptions } from "../sql/options.ts"

/** Each part is on unless it is `false`; one that is off costs nothing. */
export interface ServerOptions {
  /** The process: `RuntimeMetrics.layer`. */
  readonly runtime?: boolean | RuntimeOptions | undefined
  /**
   * Requests to an `HttpApi`: `HttpMetrics.apiLayer`. And those to an `HttpLayerRouter`, where the layer is merged with its
   * routes: `HttpMetrics.layerRouter`.
   */
  readonly httpServer?: boolean | undefined
  /** Requests of the `HttpClient`: `HttpMetrics.clientLayer`. */
  readonly httpClient?: boolean | undefined
  /** Statements and transactions of the `SqlClient`: `SqlMetrics.layer`. */
  readonly sql?: boolean | SqlMetricsOptions | undefined
  /** Calls of an `RpcClient`: `RpcMetrics.clientLayer`. */
  readonly rpcClient?: boolean | undefined
  /**
   * The groups whose calls to this server are measured: `RpcMetrics.serverLayer`, and `RpcMetrics.serverProtocolLayer` where
   * the layer is provided with the `RpcServer.Protocol`.
   */
  readonly rpcGroups?: ReadonlyArray<Pick<RpcGroup.RpcGroup<Rpc.Any>, "requests">> | undefined
}
