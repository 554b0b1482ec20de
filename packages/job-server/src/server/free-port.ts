/**
 * A port of 127.0.0.1 that is free now, for a server that has to know its port before it listens. It lies below the range
 * from which the system takes the ports of connections, so that none of those takes it before it is used.
 */
import * as Effect from "effect/Effect"
import { createServer } from "node:net"

const first = 12_000
const count = 20_000

let next = (process.pid * 61) % count

const isFree = (port: number): Effect.Effect<boolean> =>
  Effect.async((resume) => {
    const server = createServer()
    server.once("error", () => resume(Effect.succeed(false)))
    server.listen(port, "127.0.0.1", () => server.close(() => resume(Effect.succeed(true))))
  })

export const freePort: Effect.Effect<number> = Effect.suspend(() => {
  const port = first + next
  next = (next + 1) % count
  return Effect.flatMap(isFree(port), (free) => (free ? Effect.succeed(port) : freePort))
})
