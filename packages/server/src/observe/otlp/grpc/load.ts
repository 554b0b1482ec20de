/** gRPC, which an optional peer speaks that is loaded where it is asked for. */
import * as Effect from "effect/Effect"
import type { Protocol } from "../../config/otlp-variables.ts"
import { TelemetryPeerMissing } from "../../config/peer-missing.ts"
import { loadPeer, type SignalUse, unavailable } from "../../config/peer.ts"

/** What speaks it, and what is called. */
export interface Grpc {
  readonly library: typeof import("@grpc/grpc-js")
  /** The path of the method that takes a signal. */
  readonly path: string
}

/** Nothing where HTTP is spoken. */
export const loadGrpc = (
  protocol: Protocol,
  neededFor: SignalUse
): Effect.Effect<Grpc | undefined, TelemetryPeerMissing> =>
  protocol === "grpc"
    ? Effect.mapBoth(
        loadPeer("@grpc/grpc-js", `${neededFor} over gRPC`, () => import("@grpc/grpc-js").catch(unavailable)),
        { onSuccess: (library) => ({ library, path: paths[neededFor] }), onFailure: withAlternative }
      )
    : Effect.succeed(undefined)

const withAlternative = ({ cause, neededFor, packages, peer }: TelemetryPeerMissing): TelemetryPeerMissing => {
  const instead = "Or use the protocol http/protobuf, at port 4318 of a collector, which needs no other package"
  return new TelemetryPeerMissing({ peer, neededFor, packages, cause, instead })
}

/** https://github.com/open-telemetry/opentelemetry-proto/tree/main/opentelemetry/proto/collector */
const paths: Readonly<Record<SignalUse, string>> = {
  OTLP: "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
  "exporting traces": "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
  "exporting logs": "/opentelemetry.proto.collector.logs.v1.LogsService/Export"
}
