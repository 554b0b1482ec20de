/** The files of a folder: its own and those of its subfolders, `node_modules` and `.git` left out. */
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Dirent, Stats } from "node:fs"
import { readdir, stat } from "node:fs/promises"
import path from "node:path"

/** A folder that can't be worked on. `message` names it, what was expected, and the mend. */
export class FolderUnusable extends Data.TaggedError("FolderUnusable")<{ readonly message: string }> {}

/** A regular file as it was found; `version` changes when its content does. */
export interface FoundFile {
  readonly path: string
  readonly version: string
}

/** Folders whose files are not the user's own work. */
const leftOut: ReadonlySet<string> = new Set(["node_modules", ".git"])

/** Checks that a path is a folder that can be read, and makes it absolute. */
export const openFolder = (given: string): Effect.Effect<string, FolderUnusable> =>
  Effect.gen(function* () {
    const folder = path.resolve(given)
    const found = yield* attempt(() => stat(folder), given)
    if (!found.isDirectory()) {
      return yield* new FolderUnusable({
        message: `${given} is a file, expected a folder: name the folder that it lies in, ${path.dirname(folder)}`
      })
    }
    yield* attempt(() => readdir(folder), given)
    return folder
  })

/**
 * All regular files below a folder, in the order of their paths. Links are not followed; a subfolder or a file that
 * can't be read, or is gone by now, is left out.
 */
export const filesOf = (folder: string): Effect.Effect<ReadonlyArray<FoundFile>> =>
  Effect.promise(async () => {
    const files: Array<FoundFile> = []
    const folders = [folder]
    for (let next = folders.pop(); next !== undefined; next = folders.pop()) {
      for (const entry of await readdir(next, { withFileTypes: true }).catch((): Array<Dirent> => [])) {
        const place = path.join(next, entry.name)
        if (entry.isDirectory() && !leftOut.has(entry.name)) folders.push(place)
        if (entry.isFile()) {
          const found = await stat(place).catch(() => undefined)
          if (found !== undefined) files.push({ path: place, version: versionOf(found) })
        }
      }
    }
    return files.sort((left, right) => (left.path < right.path ? -1 : 1))
  })

/**
 * The paths of files that are new or changed, each time that there are some, compared with those known before. It looks
 * once a second, or less often where looking takes long: system watches are scarce, and are missing on some file systems.
 */
export const changesOf = (folder: string, before: ReadonlyArray<FoundFile>): Stream.Stream<ReadonlyArray<string>> => {
  const known = new Map(before.map((file) => [file.path, file.version]))
  const look = Effect.map(filesOf(folder), (files) => {
    const changed = files.filter((file) => known.get(file.path) !== file.version)
    for (const file of changed) known.set(file.path, file.version)
    return changed.map((file) => file.path)
  })
  const lookAndPause = Effect.flatMap(Effect.timed(look), ([took, changed]) =>
    Effect.as(Effect.sleep(Duration.max("1 second", Duration.times(took, 10))), changed)
  )
  return Stream.filter(Stream.repeatEffect(lookAndPause), (changed) => changed.length > 0)
}

const versionOf = ({ ino, mtimeMs, size }: Stats) => `${ino}:${mtimeMs}:${size}`

const attempt = <A>(read: () => Promise<A>, given: string): Effect.Effect<A, FolderUnusable> =>
  Effect.tryPromise({
    try: read,
    catch: (error) => {
      const [problem, mend] = problems[codeOf(error)] ?? [`can't be read (${codeOf(error)})`, "check the path"]
      return new FolderUnusable({ message: `${given} ${problem}, expected a folder that can be read: ${mend}` })
    }
  })

const problems: Readonly<Record<string, readonly [problem: string, mend: string]>> = {
  ENOENT: ["does not exist", "check the path, or leave it out to work on this repository"],
  ENOTDIR: ["goes through a file", "check the path"],
  EACCES: ["may not be read by this user", "change its permissions, or name another folder"],
  EPERM: ["may not be read by this user", "change its permissions, or name another folder"]
}

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "unknown error"
