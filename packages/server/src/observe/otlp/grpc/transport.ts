/** OTLP over gRPC, with what is promised over HTTP. */
import { secretsOf } from "../answer.ts"
import { type Carrier, connectionOver } from "../in-flight.ts"
import type { Reply, Transport } from "../transport.ts"
import { type CallContext, GrpcCall } from "./call.ts"
import { Channels, type ChannelSettings } from "./channel.ts"
import { explainGrpc } from "./error.ts"
import type { Grpc } from "./load.ts"
import { refusalOf } from "./status.ts"

/** A way to a receiver that speaks gRPC. */
export const makeGrpcTransport = (settings: ChannelSettings, grpc: Grpc): Transport => {
  const { headers, maxRetryAfterMs, tlsFiles, untraced, url } = settings
  const channels = new Channels(settings, grpc)
  const secrets = secretsOf(headers, url)
  const context: CallContext = {
    channels,
    refusalOf: (status) => refusalOf(status, { maxRetryAfterMs, secrets })
  }
  const carrier: Carrier<Reply> = {
    renewed: channels.renewed,
    attempt: (body, done) => new GrpcCall(context, body, done),
    close: () => channels.close()
  }
  return { ...connectionOver(carrier, untraced), explain: (error) => explainGrpc(error, url, tlsFiles) }
}
