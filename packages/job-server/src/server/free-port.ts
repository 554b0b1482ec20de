/** A port of 127.0.0.1 that is free now; another program may take it before it is used. */
import * as Effect from "effect/Effect"
import { createServer } from "node:net"

export const freePort: Effect.Effect<number> = Effect.async((resume) => {
  const server = createServer()
  server.once("error", (error) => resume(Effect.die(error)))
  server.listen(0, "127.0.0.1", () => {
    const address = server.address()
    const port = typeof address === "object" && address !== null ? address.port : 0
    server.close(() => resume(Effect.succeed(port)))
  })
})
