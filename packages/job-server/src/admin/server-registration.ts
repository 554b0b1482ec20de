/**
 * Where the running job servers of this user are: each has a file in a folder of the user's own, with its port and the
 * word without which it does not answer. Whoever can't read the file can't ask the server.
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
const Sign = Schema.Struct({
  pid: Schema.Number,
  port: Schema.Number,
  /** What a question must carry. */
  word: Schema.String,
  /** The folder that it works on. */
  folder: Schema.String
})
export type Sign = typeof Sign.Type

/** The file can't be written; `message` says why. */
export class CannotSign extends Data.TaggedError("CannotSign")<{ readonly message: string }> {}

const { uid } = userInfo()

const signs = path.join(tmpdir(), `job-servers-${uid}`)

/** Tells where this server is, until the scope ends. */
export const putSign = (sign: Sign): Effect.Effect<void, CannotSign, Scope> => {
  const file = path.join(signs, `${sign.pid}.json`)
  const put = Effect.tryPromise({
    try: async () => {
      await mkdir(signs, { mode: 0o700, recursive: true })
      const found = await lstat(signs)
      // Somebody else may have made it, to read what is written there.
      if (!found.isDirectory() || (uid >= 0 && (found.uid !== uid || (found.mode & 0o077) !== 0))) {
        throw new Error(`${signs} is open to others: remove it`)
      }
      await writeFile(`${file}.new`, encode(sign), { mode: 0o600 })
      await rename(`${file}.new`, file)
    },
    catch: (error) => new CannotSign({ message: error instanceof Error ? error.message : String(error) })
  })
  return Effect.asVoid(
    Effect.acquireRelease(put, () => Effect.ignore(Effect.tryPromise(() => rm(file, { force: true }))))
  )
}

/** The servers that run now. The file of one that was killed is removed. */
export const readSigns: Effect.Effect<ReadonlyArray<Sign>> = Effect.promise(async () => {
  const names = await readdir(signs).catch((): Array<string> => [])
  const found: Array<Sign> = []
  for (const name of names.filter((one) => one.endsWith(".json")).sort()) {
    const file = path.join(signs, name)
    const sign = decode(await readFile(file, "utf8").catch(() => ""))
    if (Either.isLeft(sign)) continue
    if (isRunning(sign.right.pid)) found.push(sign.right)
    else await rm(file, { force: true }).catch(() => undefined)
  }
  return found
})

const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

const encode = Schema.encodeSync(Schema.parseJson(Sign))
const decode = Schema.decodeEither(Schema.parseJson(Sign))
