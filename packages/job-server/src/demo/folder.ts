/** The files of a folder and its subfolders, without `node_modules` and `.git`. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Dirent, Stats } from "node:fs"
import { readdir, stat } from "node:fs/promises"
import path from "node:path"
import { pathProblem } from "../command-line/path-problem.ts"
import { UsageError } from "../command-line/usage-error.ts"

/** A regular file; `version` changes when its content does. */
export interface FoundFile {
  readonly path: string
  readonly version: string
}

const ignoredFolders: ReadonlySet<string> = new Set(["node_modules", ".git"])

/** The absolute path of a folder that can be read. */
export const openFolder = (given: string): Effect.Effect<string, UsageError> =>
  Effect.gen(function* () {
    const folder = path.resolve(given)
    const found = yield* attempt(() => stat(folder), given)
    if (!found.isDirectory()) {
      return yield* new UsageError({
        message: `${given} is a file. Use the folder that contains it: ${path.dirname(folder)}`
      })
    }
    yield* attempt(() => readdir(folder), given)
    return folder
  })

/**
 * All regular files below a folder, sorted by path. Links are not followed; what cannot be read, or is gone by now, is
 * left out.
 */
export const filesOf = (folder: string): Effect.Effect<ReadonlyArray<FoundFile>> =>
  Effect.promise(async () => {
    const files: Array<FoundFile> = []
    const folders = [folder]
    for (let next = folders.pop(); next !== undefined; next = folders.pop()) {
      for (const entry of await readdir(next, { withFileTypes: true }).catch((): Array<Dirent> => [])) {
        const place = path.join(next, entry.name)
        if (entry.isDirectory() && !ignoredFolders.has(entry.name)) {
          folders.push(place)
        }
        if (entry.isFile()) {
          const found = await stat(place).catch(() => undefined)
          if (found !== undefined) {
            files.push({ path: place, version: versionOf(found) })
          }
        }
      }
    }
    return files.sort((left, right) => (left.path < right.path ? -1 : 1))
  })

/**
 * The paths of new and changed files, compared with `before` and then with each other. It polls once a second, or less
 * often if that takes long, because file system watchers are scarce and do not work everywhere.
 */
export const changesOf = (folder: string, before: ReadonlyArray<FoundFile>): Stream.Stream<ReadonlyArray<string>> => {
  const known = new Map(before.map((file) => [file.path, file.version]))
  const poll = Effect.map(filesOf(folder), (files) => {
    const changed = files.filter((file) => known.get(file.path) !== file.version)
    for (const file of changed) {
      known.set(file.path, file.version)
    }
    return changed.map((file) => file.path)
  })
  const pollAndPause = Effect.flatMap(Effect.timed(poll), ([took, changed]) =>
    Effect.as(Effect.sleep(Duration.max("1 second", Duration.times(took, 10))), changed)
  )
  return Stream.filter(Stream.repeatEffect(pollAndPause), (changed) => changed.length > 0)
}

const versionOf = ({ ino, mtimeMs, size }: Stats) => `${ino}:${mtimeMs}:${size}`

const attempt = <A>(read: () => Promise<A>, given: string): Effect.Effect<A, UsageError> =>
  Effect.tryPromise({
    try: read,
    catch: (error) =>
      new UsageError({
        message: `${given} ${pathProblem(error)}. Use another folder, or omit it to use this repository.`
      })
  })
