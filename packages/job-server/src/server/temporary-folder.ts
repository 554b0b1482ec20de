/**
 * Folders for temporary files. Each is deleted with its scope, and its name says which process made it, so that what a
 * killed process left is found and deleted when the next one starts.
 */
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { readFileSync, readlinkSync } from "node:fs"
import { lstat, mkdtemp, readdir, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import path from "node:path"

const prefix = "job-server-"

/** A folder that only this user can read; the purpose is one word. */
export const temporaryFolder = (purpose: string): Effect.Effect<string, never, Scope> =>
  Effect.acquireRelease(
    Effect.promise(() => mkdtemp(path.join(tmpdir(), `${prefix}${purpose}-${maker(process.pid)}-`))),
    (created) => Effect.promise(() => rm(created, removal))
  )

/** Deletes the folders of processes of this user that are gone. */
export const deleteLeftFolders: Effect.Effect<void> = Effect.promise(async () => {
  const names = await readdir(tmpdir()).catch((): Array<string> => [])
  for (const name of names.filter(isLeft)) {
    const folder = path.join(tmpdir(), name)
    const found = await lstat(folder).catch(() => undefined)
    if (found?.isDirectory() === true && found.uid === process.geteuid?.()) {
      await rm(folder, removal).catch(() => undefined)
    }
  }
})

/** A database that was left behind may still be writing its last files. */
const removal = { recursive: true, force: true, maxRetries: 10, retryDelay: 200 } as const

/**
 * What tells a process from all others, also from those of other containers and from a later one with its number: its
 * number, and on Linux its start and the space that numbers belong to.
 */
const maker = (pid: number): string => [pid, startOf(pid), space()].join("-")

const isLeft = (name: string): boolean => {
  const [, pid, start, of] = new RegExp(`^${prefix}[a-z]+-(\\d+)-(\\d+)-(\\d+)-[^-]+$`).exec(name) ?? []
  return pid !== undefined && of === space() && (!isRunning(Number(pid)) || start !== startOf(Number(pid)))
}

/** Whether a process of this user has the number. */
export const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** The name of the program, in brackets, may have spaces and brackets. */
const startOf = (pid: number): string =>
  read(() => readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ")[19])

const space = (): string => read(() => /\d+/.exec(readlinkSync("/proc/self/ns/pid"))?.[0])

const read = (from: () => string | undefined): string => {
  try {
    return from() ?? "0"
  } catch {
    return "0"
  }
}
