/** A Redis of the machine's own, which keeps what it acknowledged but for the last second: `appendfsync everysec`. */
import { spawn, spawnSync } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { freePort } from "../../../../vitest.ports.ts"

/** A server on a free port, its data in a temporary folder. */
export interface Redis {
  readonly port: number
  readonly stop: () => Promise<void>
}

export const startRedis = async (): Promise<Redis> => {
  if (spawnSync("redis-server", ["--version"]).error !== undefined) {
    throw new Error(
      "BullMQ needs Redis, and there is no redis-server here: install it, on Debian the package redis-server"
    )
  }
  const folder = mkdtempSync(path.join(tmpdir(), "redis-"))
  const port = await freePort()
  const settings = { port, bind: "127.0.0.1", dir: folder, appendonly: "yes", appendfsync: "everysec", save: "" }
  const flags = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)])
  const server = spawn("redis-server", flags, { stdio: ["ignore", "pipe", "inherit"] })
  const kill = () => server.kill("SIGKILL")
  process.once("exit", kill)
  const ended = new Promise<void>((resolve) => server.once("exit", () => resolve()))
  await new Promise<void>((resolve, reject) => {
    let log = ""
    server.stdout.on("data", (chunk) => {
      log = `${log}${chunk}`.slice(-4000)
      if (log.includes("Ready to accept connections")) {
        resolve()
      }
    })
    server.once("exit", (code) => reject(new Error(`redis-server ended with ${code}: ${log}`)))
  })
  return {
    port,
    stop: async () => {
      server.kill("SIGTERM")
      await ended
      process.removeListener("exit", kill)
      rmSync(folder, { recursive: true, force: true })
    }
  }
}
