/** A relay between a proxy and a receiver that, when told to, cuts connections once a request has gone through. */
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { connect, createServer, type Socket } from "node:net"
import { freePort } from "../../../vitest.ports.ts"

export interface Cutter {
  readonly port: number
  /** How connections are treated from now on: an answer ends them before its first byte, or passes. */
  readonly cutAnswers: (isCutting: boolean) => Effect.Effect<void>
}

/** Relays to a port of 127.0.0.1; ends with the scope. */
export const cutter = (to: number): Effect.Effect<Cutter, never, Scope> =>
  Effect.gen(function* () {
    const port = yield* Effect.promise(freePort)
    const sockets = new Set<Socket>()
    let isCutting = false
    const server = createServer((client) => {
      const receiver = connect(to, "127.0.0.1")
      for (const socket of [client, receiver]) {
        sockets.add(socket)
        socket.on("close", () => {
          sockets.delete(socket)
          client.destroy()
          receiver.destroy()
        })
        socket.on("error", () => undefined)
      }
      client.on("data", (bytes) => receiver.write(bytes))
      receiver.on("data", (bytes) => {
        if (isCutting) {
          client.destroy()
        } else {
          client.write(bytes)
        }
      })
    })
    yield* Effect.acquireRelease(
      Effect.async<void>((resume) => {
        server.listen(port, "127.0.0.1", () => resume(Effect.void))
      }),
      () =>
        Effect.sync(() => {
          server.close()
          sockets.forEach((socket) => socket.destroy())
        })
    )
    return {
      port,
      cutAnswers: (is) =>
        Effect.sync(() => {
          isCutting = is
        })
    }
  })
