/** A collector that speaks gRPC and whose every answer a test decides, behind a port that the test can cut. */
import * as Grpc from "@grpc/grpc-js"
import { type Authority, contentsOf } from "@parametric-portal/receivers/authority"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { connect, createServer, type Socket } from "node:net"
import { freePort } from "../../../../../../vitest.ports.ts"

/** A request as it came. */
export interface GrpcRequest {
  readonly path: string
  readonly body: Buffer
  readonly metadata: Readonly<Record<string, Grpc.MetadataValue>>
  /** The time until which its caller waits, in milliseconds of the epoch. */
  readonly deadlineMs: number
  /** The name in the certificate of the client. */
  readonly client: string | undefined
  /** Its caller has given up. */
  readonly givenUp: AbortSignal
}

/** What is done with a request: a response, a status, nothing at all, or an end of its connection. */
export type GrpcAnswer =
  | Buffer
  | { readonly code: Grpc.status; readonly details?: string; readonly metadata?: Grpc.Metadata }
  | "never"
  | "reset"

export interface GrpcCollector {
  readonly port: number
  readonly url: URL
  readonly requests: ReadonlyArray<GrpcRequest>
  /** How many connections there were. */
  readonly connections: () => number
  /** How many bytes came over them. */
  readonly bytes: () => number
  readonly cut: () => void
  /** Stops listening and cuts all connections, or listens again. */
  readonly refuse: (is: boolean) => Effect.Effect<void>
}

/** An empty response, which takes everything. */
export const ok = Buffer.alloc(0)

export const paths = {
  metrics: "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
  traces: "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
  logs: "/opentelemetry.proto.collector.logs.v1.LogsService/Export"
} as const

export interface GrpcCollectorOptions {
  /** Shows a certificate of it, and asks for clients of the same. */
  readonly tls?: Authority
  readonly options?: Grpc.ServerOptions
}

const asIs = (bytes: Buffer) => bytes

const methodsOf = (handle: Grpc.handleUnaryCall<Buffer, Buffer>) =>
  Object.values(paths).map((path) => {
    const definition = {
      path,
      requestStream: false,
      responseStream: false,
      requestSerialize: asIs,
      requestDeserialize: asIs,
      responseSerialize: asIs,
      responseDeserialize: asIs
    }
    return [{ Export: definition }, { Export: handle }] as const
  })

const credentialsOf = (tls: Authority | undefined) => {
  if (tls === undefined) {
    return Grpc.ServerCredentials.createInsecure()
  }
  const { cert: cert_chain, key: private_key } = contentsOf(tls.issue("collector"))
  return Grpc.ServerCredentials.createSsl(contentsOf(tls).cert, [{ cert_chain, private_key }], true)
}

/** Ends with the scope. */
export const grpcCollector = (
  answer: (request: GrpcRequest, index: number) => GrpcAnswer | Promise<GrpcAnswer>,
  { options = {}, tls }: GrpcCollectorOptions = {}
): Effect.Effect<GrpcCollector, never, Scope> =>
  Effect.gen(function* () {
    const requests: Array<GrpcRequest> = []
    const sockets = new Set<Socket>()
    let connections = 0
    let bytes = 0
    const cut = () => sockets.forEach((socket) => socket.destroy())
    const handle: Grpc.handleUnaryCall<Buffer, Buffer> = (call, done) => {
      const deadline = call.getDeadline()
      const certificate = call.getAuthContext().sslPeerCertificate
      const givenUp = new AbortController()
      call.once("cancelled", () => givenUp.abort())
      const request = {
        path: call.getPath(),
        body: call.request,
        metadata: call.metadata.getMap(),
        deadlineMs: typeof deadline === "number" ? deadline : deadline.getTime(),
        client: certificate === undefined ? undefined : String(certificate.subject.CN),
        givenUp: givenUp.signal
      }
      requests.push(request)
      const given = Effect.promise(async () => answer(request, requests.length - 1))
      Effect.runFork(Effect.map(given, (one) => end(one, done)))
    }
    const end = (given: GrpcAnswer, done: Grpc.sendUnaryData<Buffer>) => {
      if (given === "reset") {
        cut()
      } else if (Buffer.isBuffer(given)) {
        done(null, given)
      } else if (given !== "never") {
        done(given)
      }
    }
    const server = new Grpc.Server(options)
    methodsOf(handle).forEach(([service, implementation]) => server.addService(service, implementation))
    const inner = yield* Effect.acquireRelease(
      Effect.async<number>((resume) => {
        server.bindAsync("127.0.0.1:0", credentialsOf(tls), (_, bound) => resume(Effect.succeed(bound)))
      }),
      () => Effect.sync(() => server.forceShutdown())
    )
    const front = createServer((client) => {
      connections += 1
      const receiver = connect(inner, "127.0.0.1")
      for (const socket of [client, receiver]) {
        sockets.add(socket)
        socket.on("error", () => {})
        socket.on("close", () => {
          sockets.delete(socket)
          client.destroy()
          receiver.destroy()
        })
      }
      client.on("data", ({ length }: Buffer) => (bytes += length))
      client.pipe(receiver).pipe(client)
    })
    const port = yield* Effect.promise(freePort)
    const refuse = (is: boolean) =>
      Effect.async<void>((resume) => {
        if (is) {
          front.close(() => resume(Effect.void))
          cut()
        } else {
          front.listen(port, "127.0.0.1", () => resume(Effect.void))
        }
      })
    yield* Effect.acquireRelease(refuse(false), () => Effect.sync(() => front.close()))
    yield* Effect.addFinalizer(() => Effect.sync(cut))
    const url = new URL(`${tls === undefined ? "http" : "https"}://127.0.0.1:${port}`)
    return { port, url, requests, connections: () => connections, bytes: () => bytes, cut, refuse }
  })

const varint = (value: number): ReadonlyArray<number> =>
  value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))]

/** A field of protobuf. */
export const field = (number: number, value: number | Buffer | string): Buffer => {
  if (typeof value === "number") {
    return Buffer.from([number * 8, ...varint(value)])
  }
  const bytes = Buffer.from(value)
  return Buffer.concat([Buffer.from([number * 8 + 2, ...varint(bytes.length)]), bytes])
}

const any = (type: string, content: Buffer) =>
  field(3, Buffer.concat([field(1, `type.googleapis.com/google.rpc.${type}`), field(2, content)]))

/** The details of a status that asks for a pause, between others that don't. */
export const retryInfo = (seconds: number, nanos = 0): Grpc.Metadata => {
  const duration = Buffer.concat([field(1, seconds), field(2, nanos)])
  const metadata = new Grpc.Metadata()
  const details = [any("DebugInfo", field(2, "deep inside")), any("RetryInfo", field(1, duration)), any("Help", ok)]
  metadata.set("grpc-status-details-bin", Buffer.concat([field(1, 14), field(2, "busy"), ...details]))
  return metadata
}

/** A response that rejects so many points. */
export const partialSuccess = (rejected: number, message: string): Buffer =>
  field(1, Buffer.concat([field(1, rejected), field(2, message)]))
