/**
 * PgBouncer in transaction mode before a database: each transaction, and each statement outside of one, has a
 * connection of its own.
 */
import { spawn, spawnSync } from "node:child_process"
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises"
import { existsSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { freePort } from "../../../../vitest.ports.ts"

/** How many connections to PostgreSQL it keeps for all of its clients. */
export const poolSize = 4

/** The URL at which it stands before the database of this URL, until the scope closes. */
export const pgBouncer = (url: string): Effect.Effect<string, never, Scope> =>
  Effect.gen(function* () {
    const folder = yield* Effect.acquireRelease(
      Effect.promise(() => mkdtemp(join(tmpdir(), "pgbouncer-"))),
      (made) => Effect.promise(() => rm(made, { recursive: true, force: true }))
    )
    const target = new URL(url)
    const database = target.pathname.slice(1)
    const port = yield* Effect.promise(() => freePort())
    const settings = {
      listen_addr: "127.0.0.1",
      listen_port: port,
      unix_socket_dir: "",
      auth_type: "any",
      pool_mode: "transaction",
      default_pool_size: poolSize,
      max_client_conn: 200,
      ignore_startup_parameters: "extra_float_digits"
    }
    const lines = [
      "[databases]",
      `${database} = host=${target.hostname} port=${target.port} user=postgres dbname=${database}`,
      "[pgbouncer]",
      ...Object.entries(settings).map(([name, value]) => `${name} = ${value}`)
    ]
    const file = join(folder, "pgbouncer.ini")
    yield* Effect.promise(async () => {
      await writeFile(file, `${lines.join("\n")}\n`)
      await chmod(folder, 0o755)
    })
    yield* Effect.acquireRelease(
      Effect.promise(() => started(file)),
      (stop) => Effect.promise(stop)
    )
    return `postgres://postgres@127.0.0.1:${port}/${database}`
  })

/** Debian puts it where not every path leads. */
const program = (): string => {
  const known = "/usr/sbin/pgbouncer"
  if (!existsSync(known) && spawnSync("pgbouncer", ["--version"]).error !== undefined) {
    throw new Error("There is no pgbouncer here: install it, on Debian the package pgbouncer")
  }
  return existsSync(known) ? known : "pgbouncer"
}

const started = async (file: string): Promise<() => Promise<void>> => {
  // It refuses to run as root.
  const user = process.getuid?.() === 0 ? ["--user=nobody"] : []
  const server = spawn(program(), [...user, file], { cwd: tmpdir(), stdio: ["ignore", "ignore", "pipe"] })
  const kill = () => server.kill("SIGKILL")
  process.once("exit", kill)
  const ended = new Promise<void>((resolve) => server.once("exit", () => resolve()))
  await new Promise<void>((resolve, reject) => {
    let log = ""
    server.stderr.on("data", (chunk) => {
      log = `${log}${chunk}`.slice(-4000)
      if (log.includes("process up")) {
        resolve()
      }
    })
    server.once("error", reject)
    server.once("exit", (code) => reject(new Error(`pgbouncer ended with ${code}: ${log}`)))
  })
  return async () => {
    server.kill("SIGINT")
    await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 5000))])
    server.kill("SIGKILL")
    await ended
    process.removeListener("exit", kill)
  }
}
