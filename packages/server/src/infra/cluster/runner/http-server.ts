/**
 * The HTTP server of a runner: as `NodeClusterHttp.layerHttpServer` of `@effect/platform-node`, for a port that strangers
 * reach. Node hands the connection of a request for an upgrade to its listeners, and neither catches its errors nor
 * closes it: without this a reset would end the process, and a refused peer could stay for ever.
 */
import * as ShardingConfig from "@effect/cluster/ShardingConfig"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { createServer, type Server } from "node:http"
import type { Duplex } from "node:stream"
import { type ClusterSecret, requireSecret } from "./cluster-secret.ts"

/** The server, at the address that the configuration says; it fails where that needs a secret and there is none. */
export const httpServer = (secret: ClusterSecret | undefined) =>
  Layer.unwrapEffect(
    Effect.gen(function* () {
      yield* requireSecret(secret)
      const { runnerAddress, runnerListenAddress } = yield* ShardingConfig.ShardingConfig
      const address = Option.orElse(runnerListenAddress, () => runnerAddress)
      const { layer } = yield* Effect.promise(() => import("@effect/platform-node/NodeHttpServer"))
      return Option.match(address, {
        onNone: () => Layer.die("NodeClusterHttp.layer: runnerAddress is not given; only a client needs none"),
        onSome: ({ host, port }) => layer(makeServer, { host, port })
      })
    })
  )

const makeServer = (): Server => createServer().on("upgrade", (_request, socket) => guard(socket))

const guard = (socket: Duplex): void => {
  socket.on("error", () => socket.destroy())
  // Our side has said its last word: what the peer still has to say is not waited for.
  socket.once("finish", () => {
    const cut = setTimeout(() => socket.destroy(), lingerMs)
    socket.once("close", () => clearTimeout(cut)).resume()
  })
}

/** Long enough for a peer to read why it was refused. */
const lingerMs = 1_000
