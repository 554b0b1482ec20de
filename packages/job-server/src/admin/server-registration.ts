/**
 * Where the running job servers of this user are. Each has a file in a folder that only the user can read, with its port
 * and the token that it requires, so that nobody else can send it commands.
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import type { Scope } from "effect/Scope"
import { constants, type Stats } from "node:fs"
import { lstat, mkdir, open, readdir, rename, rm, rmdir, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import path from "node:path"
import { isRunning } from "../server/temporary-folder.ts"

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

/** No name belongs to it everywhere: in a container a user may be a number alone. */
const uid = process.geteuid?.() ?? -1

const registrations = path.join(tmpdir(), `job-servers-${uid === -1 ? "user" : uid}`)

/** Registers this server until the scope closes. */
export const registerServer = (registration: ServerRegistration): Effect.Effect<void, RegistrationFailed, Scope> => {
  const file = path.join(registrations, `${registration.pid}.json`)
  const write = Effect.tryPromise({
    try: async () => {
      await mkdir(registrations, { mode: 0o700, recursive: true })
      if (!(await isPrivate(registrations))) {
        throw new Error(`other users have access to ${registrations}; remove it`)
      }
      await rm(`${file}.new`, { force: true })
      await writeFile(`${file}.new`, encode(registration), { mode: 0o600, flag: "wx" })
      await rename(`${file}.new`, file)
    },
    catch: (error) => new RegistrationFailed({ message: error instanceof Error ? error.message : String(error) })
  })
  return Effect.asVoid(
    Effect.acquireRelease(write, () =>
      Effect.promise(async () => {
        await rm(file, { force: true }).catch(() => undefined)
        // The last one takes the folder with it.
        await rmdir(registrations).catch(() => undefined)
      })
    )
  )
}

/**
 * Whether a folder is this user's, and nobody else can read or write it. Another user may have made it, to be told the
 * tokens, or to have commands sent to a port of his own.
 */
const isPrivate = async (folder: string): Promise<boolean> => {
  const found = await lstat(folder).catch(() => undefined)
  return found?.isDirectory() === true && isOwn(found)
}

/** Where there are no owners, as on Windows, the folder of temporary files is the user's own. */
const isOwn = (found: Stats): boolean => uid === -1 || (found.uid === uid && (found.mode & 0o077) === 0)

/** The servers that are running. The files of those that were killed are removed. */
export const runningServers: Effect.Effect<ReadonlyArray<ServerRegistration>> = Effect.promise(async () => {
  if (!(await isPrivate(registrations))) {
    return []
  }
  const names = await readdir(registrations).catch((): Array<string> => [])
  const running: Array<ServerRegistration> = []
  for (const name of names.filter((one) => one.endsWith(".json")).sort()) {
    const file = path.join(registrations, name)
    const registration = decode(await readOwn(file).catch(() => ""))
    if (Either.isLeft(registration) || name !== `${registration.right.pid}.json`) {
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

/** Removes what killed servers left behind. */
export const deleteLeftRegistrations: Effect.Effect<void> = Effect.flatMap(runningServers, (running) =>
  running.length > 0
    ? Effect.void
    : Effect.promise(async () => {
        if (await isPrivate(registrations)) {
          const names = await readdir(registrations).catch((): Array<string> => [])
          for (const name of names.filter(
            (one) => /^\d+\.json\.new$/.test(one) && !isRunning(Number.parseInt(one, 10))
          )) {
            await rm(path.join(registrations, name), { force: true }).catch(() => undefined)
          }
          await rmdir(registrations).catch(() => undefined)
        }
      })
)

/** A registration is short, and a file; a link could lead to one that somebody else can change. */
const readOwn = async (file: string): Promise<string> => {
  const opened = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const found = await opened.stat()
    return found.isFile() && isOwn(found) && found.size <= 65_536 ? await opened.readFile("utf8") : ""
  } finally {
    await opened.close()
  }
}

const encode = Schema.encodeSync(Schema.parseJson(ServerRegistration))
const decode = Schema.decodeEither(Schema.parseJson(ServerRegistration))
