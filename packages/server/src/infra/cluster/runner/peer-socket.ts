/**
 * Who may send to a runner over a socket. The messages of `@effect/rpc` have no place for a secret, and are found in
 * whatever bytes arrive, also in those of an HTTP request. So a connection begins with a line that only a runner or a
 * client of the cluster sends, and that shows the secret; nothing is read of another one.
 */
import type { RunnerAddress } from "@effect/cluster/RunnerAddress"
import * as Runners from "@effect/cluster/Runners"
import * as Socket from "@effect/platform/Socket"
import { SocketServer } from "@effect/platform/SocketServer"
import * as RpcClient from "@effect/rpc/RpcClient"
import * as RpcSerialization from "@effect/rpc/RpcSerialization"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Net from "node:net"
import { isSameToken } from "./cluster-secret.ts"
import { type LogRefusal, makeRefusals, reasons } from "./refusals.ts"

const prefix = "@effect/cluster peer "

const greetingOf = (token: string): string => `${prefix}${token}\n`

/** Longer than any greeting. */
const maxGreeting = 128

/** How long a connection may be silent before it has greeted. */
const greetingTimeout = "5 seconds"

const nodeSocket = Effect.promise(() => import("@effect/platform-node/NodeSocket"))

/** How a runner sends to others: as `NodeClusterSocket.layerClientProtocol`, with the greeting. */
export const clientProtocol = (token: string) =>
  Layer.effect(
    Runners.RpcClientProtocol,
    Effect.gen(function* () {
      const { fromDuplex } = yield* nodeSocket
      const serialization = yield* RpcSerialization.RpcSerialization
      return (address) =>
        Effect.flatMap(fromDuplex(connect(address, greetingOf(token)), { openTimeout: 1_000 }), (socket) =>
          RpcClient.makeProtocolSocket().pipe(
            Effect.provideService(Socket.Socket, socket),
            Effect.provideService(RpcSerialization.RpcSerialization, serialization)
          )
        )
    })
  )

/** The greeting is written before anybody else can write. */
const connect = ({ host, port }: RunnerAddress, greeting: string) =>
  Effect.suspend(() => {
    let connection: Net.Socket | undefined
    const close = Effect.sync(() => {
      if (connection?.closed === false) {
        connection.destroySoon()
      }
    })
    const open = Effect.async<Net.Socket, Socket.SocketError>((resume) => {
      const made = Net.createConnection({ host, port })
      connection = made
      made.on("error", (cause) => resume(Effect.fail(new Socket.SocketGenericError({ reason: "Open", cause }))))
      made.once("connect", () => {
        made.write(greeting)
        resume(Effect.succeed(made))
      })
    })
    return Effect.zipRight(
      Effect.addFinalizer(() => close),
      open
    )
  })

/** A server of sockets that hands on those which have greeted. */
export const onlyPeers = (token: string) =>
  Layer.effect(
    SocketServer,
    Effect.gen(function* () {
      const { NetSocket } = yield* nodeSocket
      const server = yield* SocketServer
      const logRefusal = makeRefusals()
      const address = Effect.map(
        Effect.serviceOption(NetSocket),
        Option.match({
          onNone: () => "an unknown address",
          onSome: ({ remoteAddress }) => remoteAddress ?? "a closed address"
        })
      )
      return SocketServer.of({
        address: server.address,
        run: (handler) =>
          server.run((socket) =>
            Effect.flatMap(address, (from) =>
              handler(greeted(socket, token, (reason) => refuse(logRefusal, from, reason)))
            )
          )
      })
    })
  )

type Refuse = (reason: string) => Effect.Effect<never, Socket.SocketError>

const refuse = (logRefusal: LogRefusal, address: string, reason: string): Effect.Effect<never, Socket.SocketError> =>
  Effect.zipRight(
    logRefusal(address, reason),
    Effect.fail(new Socket.SocketCloseError({ reason: "Close", code: 1008 }))
  )

const greeted = (socket: Socket.Socket, token: string, refuseFor: Refuse): Socket.Socket => {
  const run = <A, E = never, R = never>(
    handler: (data: Uint8Array) => Effect.Effect<A, E, R> | void,
    options?: { readonly onOpen?: Effect.Effect<void> | undefined }
  ): Effect.Effect<void, Socket.SocketError | E, R> =>
    Effect.suspend(() => {
      const gate = new Gate(token)
      const messages = socket.runRaw((data): Effect.Effect<A, E | Socket.SocketError, R> | void => {
        const rest = gate.pass(data)
        if (rest === undefined) {
          return undefined
        }
        return typeof rest === "string" ? refuseFor(rest) : handler(rest)
      }, options)
      const tooLate = Effect.delay(
        Effect.suspend(() => (gate.isOpen ? Effect.never : refuseFor(reasons.silent))),
        greetingTimeout
      )
      return Effect.raceFirst(messages, tooLate)
    })
  return { [Socket.TypeId]: Socket.TypeId, run, runRaw: run, writer: socket.writer }
}

/** The start of a connection. */
class Gate {
  isOpen = false
  private start: Uint8Array = new Uint8Array()
  private readonly token: string

  constructor(token: string) {
    this.token = token
  }

  /** What follows the greeting, nothing yet, or why the connection is refused. */
  pass(data: Uint8Array | string): Uint8Array | undefined | string {
    const bytes = typeof data === "string" ? Buffer.from(data) : data
    if (this.isOpen) {
      return bytes
    }
    this.start = Buffer.concat([this.start, bytes])
    const end = this.start.indexOf(lineFeed)
    if (end === -1 && this.start.length <= maxGreeting) {
      return undefined
    }
    const line = Buffer.from(this.start.subarray(0, Math.max(0, Math.min(end, maxGreeting)))).toString("latin1")
    if (!line.startsWith(prefix)) {
      return reasons.noPeer
    }
    if (!isSameToken(this.token, line.slice(prefix.length))) {
      return reasons.secret
    }
    this.isOpen = true
    const rest = this.start.subarray(end + 1)
    this.start = new Uint8Array()
    return rest.length === 0 ? undefined : rest
  }
}

const lineFeed = 10
