/** Plans the jobs of files: which fail with `Busy` at first, which are cancelled, which are slow. */
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { writeFile } from "node:fs/promises"
import path from "node:path"
import { type JobPayload, maxAttempts } from "../server/job-types.ts"
import { temporaryFolder } from "../server/temporary-folder.ts"
import { type JobType, parseLimitBytes } from "../server/work.ts"

export interface PlannedJob {
  readonly type: JobType
  readonly payload: JobPayload
  /** It is cancelled as soon as it runs. */
  readonly isCancelled: boolean
}

export interface PlanOptions {
  /** Some jobs take seconds, so that each runner is working at any time. */
  readonly hasSlowJobs: boolean
}

/** One job in so many is busy once, is busy on all attempts, is cancelled while it runs, or is slow. */
const every = { busyOnce: 11, busyAlways: 97, cancelled: 29, slow: 23 } as const

const slowMs = 8_000

/** How long a job that will be cancelled waits for that. */
const cancelledWaitMs = 120_000

/** The jobs of files. */
export type Planner = (files: ReadonlyArray<string>) => ReadonlyArray<PlannedJob>

/** Plans the jobs of files. It counts jobs across its calls. */
export const makePlanner = ({ hasSlowJobs }: PlanOptions): Planner => {
  let count = 0
  const plan = (file: string, type: JobType): PlannedJob => {
    count += 1
    const isCancelled = count % every.cancelled === 0
    const busyAttempts = count % every.busyAlways === 0 ? maxAttempts : count % every.busyOnce === 0 ? 1 : 0
    const waitMs = isCancelled ? cancelledWaitMs : hasSlowJobs && count % every.slow === 0 ? slowMs : 0
    return { type, isCancelled, payload: { file, waitMs, busyAttempts: isCancelled ? 0 : busyAttempts } }
  }
  return (files) => files.flatMap((file) => typesOf(file).map((type) => plan(file, type)))
}

const typesOf = (file: string): ReadonlyArray<JobType> =>
  file.endsWith(".json") ? ["digest", "compress", "parse"] : ["digest", "compress"]

/** Files that the demo adds. Most are broken, so that some jobs fail whatever the folder contains. */
const ownFiles = {
  "empty.json": "",
  "truncated.json": '{ "jobs": [1, 2,',
  "not-json.json": "neither an object nor an array",
  "too-large.json": JSON.stringify("x".repeat(parseLimitBytes)),
  "sound.json": '{ "sound": true }',
  "sound.txt": "Plain text, to be counted and squeezed.\n".repeat(1000)
} as const

/** The demo's own files, and a broken one that can be fixed, so that the job that failed on it can be replayed. */
export interface OwnFiles {
  readonly files: ReadonlyArray<string>
  readonly broken: string
  readonly fix: Effect.Effect<void>
}

/** Writes the demo's own files into a folder that is deleted with the scope. */
export const writeOwnFiles: Effect.Effect<OwnFiles, never, Scope> = Effect.gen(function* () {
  const folder = yield* temporaryFolder("files")
  const write = (name: string, content: string) => Effect.promise(() => writeFile(path.join(folder, name), content))
  yield* Effect.forEach(Object.entries(ownFiles), ([name, content]) => write(name, content))
  const broken = "truncated.json"
  return {
    files: Object.keys(ownFiles).map((name) => path.join(folder, name)),
    broken: path.join(folder, broken),
    fix: write(broken, '{ "jobs": [1, 2] }')
  }
})
