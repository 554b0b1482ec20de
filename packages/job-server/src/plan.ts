/** Which jobs the demo submits for a file, and what befalls them: which meet a busy file first, which are cancelled. */
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import path from "node:path"
import { type JobType, parseLimitBytes } from "./work.ts"

export type Priority = "high" | "normal" | "low"

/** One job to be. */
export interface PlannedJob {
  readonly id: string
  readonly type: JobType
  readonly priority: Priority
  readonly file: string
  /** How many attempts find the file busy before one gets to work. */
  readonly busyAttempts: number
  /** It waits, running, until it is cancelled. */
  readonly isCancelled: boolean
}

/** The most attempts that a job gets. */
export const maxAttempts = 3

/** Every so many jobs, one meets a busy file once, one on all attempts, one is cancelled while it runs. */
const every = { busyOnce: 11, busyAlways: 97, cancelled: 29 } as const

/** The priority of a type: what people wait for first. */
const priorities = { parse: "high", digest: "normal", compress: "low" } as const satisfies Record<JobType, Priority>

/** Plans the jobs of files; it goes on counting from call to call, so that ids stay unique. */
export const makePlanner = (): ((files: ReadonlyArray<string>) => ReadonlyArray<PlannedJob>) => {
  let count = 0
  const plan = (file: string, type: JobType): PlannedJob => {
    count += 1
    const isCancelled = count % every.cancelled === 0
    const busyAttempts = count % every.busyAlways === 0 ? maxAttempts : count % every.busyOnce === 0 ? 1 : 0
    return {
      id: `${type}-${count}`,
      type,
      priority: priorities[type],
      file,
      isCancelled,
      busyAttempts: isCancelled ? 0 : busyAttempts
    }
  }
  return (files) => files.flatMap((file) => typesOf(file).map((type) => plan(file, type)))
}

const typesOf = (file: string): ReadonlyArray<JobType> =>
  file.endsWith(".json") ? ["digest", "compress", "parse"] : ["digest", "compress"]

/** Files of the demo's own, most of them broken, so that failures are seen whatever the folder holds. */
const ownFiles = {
  "empty.json": "",
  "truncated.json": '{ "jobs": [1, 2,',
  "not-json.json": "neither an object nor an array",
  "too-large.json": JSON.stringify("x".repeat(parseLimitBytes)),
  "sound.json": '{ "sound": true }',
  "sound.txt": "Plain text, to be counted and squeezed.\n".repeat(1000)
} as const

/** Writes the demo's own files into a folder that goes with the scope, and returns their paths. */
export const writeOwnFiles: Effect.Effect<ReadonlyArray<string>, never, Scope> = Effect.gen(function* () {
  const folder = yield* Effect.acquireRelease(
    Effect.promise(() => mkdtemp(path.join(tmpdir(), "job-server-files-"))),
    (made) => Effect.promise(() => rm(made, { recursive: true, force: true }))
  )
  return yield* Effect.forEach(Object.entries(ownFiles), ([name, content]) => {
    const file = path.join(folder, name)
    return Effect.as(
      Effect.promise(() => writeFile(file, content)),
      file
    )
  })
})
