/**
 * The channel of one sender. gRPC's own retries, pauses between connections and proxies are off, as delivery is ours: after a
 * request without an answer the next one gets a channel of its own, and so a connection that is made at once.
 */
import type { Client, ClientUnaryCall, Metadata, ServiceError } from "@grpc/grpc-js"
import type * as Effect from "effect/Effect"
import { createSecureContext, type SecureContext } from "node:tls"
import type { OtlpTarget } from "../../config/otlp-settings.ts"
import type { Tls } from "../../config/tls.ts"
import { type ConnectionSettings, renewal, trusting } from "../connector.ts"
import { userAgent } from "../encoding.ts"
import type { Grpc } from "./load.ts"
import { metadataOf } from "./metadata.ts"
import { Sockets } from "./sockets.ts"

/** What a channel needs of the settings of a destination. */
export type ChannelSettings = ConnectionSettings & Pick<OtlpTarget, "compression" | "maxRetryAfterMs">

/** Told of the end of a call. */
export type Ended = (error: ServiceError | null, response?: Buffer) => void

/** A message, and the time until which an answer is of use, in milliseconds of the epoch. */
export interface Message {
  readonly bytes: Uint8Array
  readonly deadline: number
}

/** A client with one connection. */
export class Channel {
  /** Whether something has come over it. */
  hasAnswered = false
  readonly sockets = new Sockets()
  private readonly client: Client
  private readonly path: string
  private readonly metadata: Metadata

  constructor(client: Client, path: string, metadata: Metadata) {
    this.client = client
    this.path = path
    this.metadata = metadata
  }

  call({ bytes, deadline }: Message, ended: Ended): ClientUnaryCall {
    const message = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    return this.sockets.run(() =>
      this.client.makeUnaryRequest(this.path, asIs, asIs, message, this.metadata, { deadline }, ended)
    )
  }

  /**
   * Whether something of a call may have been written: it waits for a connection until both sides are ready. One that has
   * ended leaves an idle channel.
   */
  get hasStarted(): boolean {
    const state = this.client.getChannel().getConnectivityState(false)
    return state === ready || (state === idle && this.sockets.hasConnected)
  }

  /** Lets calls that are under way end. */
  retire(): void {
    this.client.close()
  }

  close(): void {
    this.client.close()
    this.sockets.destroy()
  }
}

// Of the library's `connectivityState`.
const idle = 0
const ready = 2

const asIs = (bytes: Buffer): Buffer => bytes

/** One channel at a time, made when it is needed. */
export class Channels {
  private now: Tls
  private context: SecureContext | undefined
  private own: Channel | undefined
  private readonly settings: ChannelSettings
  private readonly grpc: Grpc
  /** Brings certificates up to date. */
  readonly renewed: Effect.Effect<void>

  constructor(settings: ChannelSettings, grpc: Grpc) {
    this.settings = settings
    this.grpc = grpc
    this.now = settings.tls
    this.renewed = renewal(
      settings,
      () => this.own?.sockets.isOpen === true,
      (tls) => this.use(tls)
    )
  }

  get channel(): Channel {
    return (this.own ??= this.make())
  }

  /** Nothing more is sent over this one. */
  discard(channel: Channel): void {
    channel.close()
    if (this.own === channel) {
      this.own = undefined
    }
  }

  close(): void {
    this.own?.close()
  }

  private use(tls: Tls): void {
    if (tls !== this.now) {
      this.now = tls
      this.context = undefined
      this.own?.retire()
      this.own = undefined
    }
  }

  private make(): Channel {
    const { compression, url } = this.settings
    const { library, path } = this.grpc
    const { Client, compressionAlgorithms, credentials } = library
    const isTls = url.protocol === "https:"
    const target = `dns:${url.hostname}:${url.port || (isTls ? "443" : "80")}`
    const options = {
      ...channelOptions,
      ...(compression === "gzip" && { "grpc.default_compression_algorithm": compressionAlgorithms.gzip })
    }
    const made = isTls ? credentials.createFromSecureContext(this.secureContext) : credentials.createInsecure()
    return new Channel(new Client(target, made, options), path, metadataOf(this.grpc, this.settings))
  }

  /** Made once: certificates of a whole system take tens of milliseconds. */
  private get secureContext(): SecureContext {
    return (this.context ??= createSecureContext(trusting(this.now)))
  }
}

const channelOptions = {
  "grpc.primary_user_agent": userAgent,
  "grpc.enable_retries": 0,
  "grpc.enable_http_proxy": 0,
  // Nobody looks at its statistics.
  "grpc.enable_channelz": 0,
  // A channel that is closed takes its connection with it.
  "grpc.use_local_subchannel_pool": 1,
  // What is in DNS about a service would be asked for, and could turn retries on again.
  "grpc.service_config_disable_resolution": 1
}
