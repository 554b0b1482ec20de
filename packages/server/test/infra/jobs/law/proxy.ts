/**
 * Between a client and PostgreSQL: it can cut all connections, let them hang, and break one at the commit, before the
 * server has it or before the client has the answer.
 */
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { once } from "node:events"
import { type AddressInfo, connect, createServer, type Socket } from "node:net"

/** Which answer a client never has: that to its next commit, or to its next statement. */
export type Loss = "commitBefore" | "commitAfter" | "answer"

export interface Proxy {
  readonly port: number
  /** All connections are gone. */
  readonly cut: Effect.Effect<void>
  /** Nothing is passed on until they are freed. */
  readonly freeze: Effect.Effect<void>
  readonly free: Effect.Effect<void>
  /** Breaks the connection that has this next. */
  readonly lose: (loss: Loss | undefined) => Effect.Effect<void>
}

interface Pair {
  readonly client: Socket
  readonly server: Socket
}

/** A proxy for the server on a port of this machine. */
export const makeProxy = (serverPort: number): Effect.Effect<Proxy, never, Scope> =>
  Effect.gen(function* () {
    const pairs = new Set<Pair>()
    let isFrozen = false
    let loss: Loss | undefined
    const destroy = (pair: Pair): void => {
      pairs.delete(pair)
      pair.client.destroy()
      pair.server.destroy()
    }
    const join = (client: Socket): void => {
      const server = connect(serverPort, "127.0.0.1")
      const pair = { client, server }
      let isDoomed = false
      pairs.add(pair)
      client.setNoDelay(true)
      server.setNoDelay(true)
      client.on("data", (data) => {
        const isCommit = data.includes("COMMIT")
        if (loss === "commitBefore" && isCommit) {
          loss = undefined
          destroy(pair)
          return
        }
        // What ends the client's turn is a query of its own or the end of an extended one.
        if ((loss === "commitAfter" && isCommit) || (loss === "answer" && !isCommit)) {
          loss = undefined
          isDoomed = true
        }
        server.write(data)
      })
      server.on("data", (data) => {
        if (isDoomed) {
          // It has all of the answer, so that what was asked for is done.
          setTimeout(() => destroy(pair), 5)
        } else {
          client.write(data)
        }
      })
      for (const socket of [client, server]) {
        socket.on("error", () => destroy(pair))
        socket.on("close", () => destroy(pair))
        if (isFrozen) {
          socket.pause()
        }
      }
    }
    const listener = yield* Effect.acquireRelease(
      Effect.promise(async () => {
        const made = createServer(join).listen(0, "127.0.0.1")
        await once(made, "listening")
        return made
      }),
      (made) =>
        Effect.sync(() => {
          Array.from(pairs).forEach(destroy)
          made.close()
        })
    )
    const address: AddressInfo | string | null = listener.address()
    const each = (act: (socket: Socket) => void): void => {
      for (const { client, server } of pairs) {
        act(client)
        act(server)
      }
    }
    return {
      port: typeof address === "object" && address !== null ? address.port : 0,
      cut: Effect.sync(() => Array.from(pairs).forEach(destroy)),
      freeze: Effect.sync(() => {
        isFrozen = true
        each((socket) => socket.pause())
      }),
      free: Effect.sync(() => {
        isFrozen = false
        each((socket) => socket.resume())
      }),
      lose: (next) =>
        Effect.sync(() => {
          loss = next
        })
    }
  })
