/**
 * Where the running job servers of this user are. Each has a file in a folder that only the user can read, with its port
 * and the token that it requires, so that nobody else can send it commands.
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import type { Scope } from "effect/Scope"
import { lstat, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises"
import { tmpdir, userInfo } from "node:os"
import path from "node:path"

/** A running server. */
const ServerRegistration = Schema.Struct({
  pid: Schema.Number,
  port: Schema.Number,
  /** What a request must carry. */
  token: Schema.String,
  /** The folder that it works on. */
  folder: Schema.String
})
export type ServerRegistration = typeof ServerRegistration.Type

/** The file cannot be written; `message` says why. */
export class RegistrationFailed extends Data.TaggedError("RegistrationFailed")<{ readonly message: string }> {}

const { uid } = userInfo()

const registrations = path.join(tmpdir(), `job-servers-${uid}`)

/** Registers this server until the scope closes. */
export const registerServer = (registration: ServerRegistration): Effect.Effect<void, RegistrationFailed, Scope> => {
  const file = path.join(registrations, `${registration.pid}.json`)
  const write = Effect.tryPromise({
    try: async () => {
      await mkdir(registrations, { mode: 0o700, recursive: true })
      const found = await lstat(registrations)
      // Another user may have created it to read the tokens.
      if (!found.isDirectory() || (uid >= 0 && (found.uid !== uid || (found.mode & 0o077) !== 0))) {
        throw new Error(`other users have access to ${registrations}; remove it`)
      }
      await writeFile(`${file}.new`, encode(registration), { mode: 0o600 })
      await rename(`${file}.new`, file)
    },
    catch: (error) => new RegistrationFailed({ message: error instanceof Error ? error.message : String(error) })
  })
  return Effect.asVoid(
    Effect.acquireRelease(write, () => Effect.ignore(Effect.tryPromise(() => rm(file, { force: true }))))
  )
}

/** The servers that are running. The files of those that were killed are removed. */
export const runningServers: Effect.Effect<ReadonlyArray<ServerRegistration>> = Effect.promise(async () => {
  const names = await readdir(registrations).catch((): Array<string> => [])
  const running: Array<ServerRegistration> = []
  for (const name of names.filter((one) => one.endsWith(".json")).sort()) {
    const file = path.join(registrations, name)
    const registration = decode(await readFile(file, "utf8").catch(() => ""))
    if (Either.isLeft(registration)) {
      continue
    }
    if (isRunning(registration.right.pid)) {
      running.push(registration.right)
    } else {
      await rm(file, { force: true }).catch(() => undefined)
    }
  }
  return running
})

const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

const encode = Schema.encodeSync(Schema.parseJson(ServerRegistration))
const decode = Schema.decodeEither(Schema.parseJson(ServerRegistration))
