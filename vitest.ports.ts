/**
 * Ports for servers that have to know theirs before they listen. They lie below the range from which the system takes the
 * ports of connections, so that none of those can take one in between, and each process looks for its own elsewhere.
 */
import { createServer } from "node:net"

const first = 12_000
const count = 20_000

let next = (process.pid * 61) % count

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once("error", () => resolve(false))
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)))
  })

/** A port of 127.0.0.1 that is free; this process is not given it again soon. */
export const freePort = async (): Promise<number> => {
  for (let tries = 0; tries < 1_000; tries += 1) {
    const port = first + next
    next = (next + 1) % count
    if (await isFree(port)) {
      return port
    }
  }
  throw new Error("no port is free")
}
