/** The demo from its start to its result: a receiver, a job server, the jobs of a folder, and the comparison. */
import { type JobError, JobService } from "@parametric-portal/server/infra/jobs"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import * as Stream from "effect/Stream"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import path from "node:path"
import type { DemoOptions } from "./arguments.ts"
import { alive, feed, type FedJob, untilIdle } from "./feed.ts"
import { changesOf, filesOf, openFolder } from "./folder.ts"
import { Ledger } from "./ledger.ts"
import { makePlanner, writeOwnFiles } from "./plan.ts"
import { showProgress } from "./progress.ts"
import { startReceiver } from "./receiver.ts"
import { resultOf } from "./result.ts"
import { logOn, say, type Screen } from "./screen.ts"
import { singleServer } from "./server.ts"

export interface DemoSurroundings {
  readonly screen: Screen
  /** Completed when the user wants the demo to end, with the word for it. */
  readonly stop: Deferred.Deferred<string>
}

/** Runs the demo until the folder is done, the time is over, or the user ends it. */
export const demo = (options: DemoOptions, { screen, stop }: DemoSurroundings) =>
  Effect.gen(function* () {
    const folder = yield* openFolder(options.folder)
    const receiver = yield* startReceiver(options.port, screen)
    const database = path.join(yield* temporaryFolder, "jobs.db")
    yield* say(screen, `Metrics are received at ${receiver.url} by process ${receiver.pid}.`)
    const ledger = new Ledger()
    const name = "server"
    const state = { isSettled: false }
    const ended = serve(options, { folder, screen, state }).pipe(
      Effect.raceFirst(Deferred.await(stop)),
      Effect.raceFirst(timeOver(options.seconds)),
      Effect.provide(singleServer({ name, url: receiver.url, ledger }, database))
    )
    yield* Effect.flatMap(ended, (reason) => say(screen, `Ended ${reason}.`))
    const processes = [{ name, isRunner: true, entries: ledger.entries }]
    return resultOf(processes, { ...state, sight: yield* receiver.look })
  }).pipe(Effect.scoped, Effect.provide(logOn(screen)))

interface Serving {
  readonly folder: string
  readonly screen: Screen
  /** Whether nothing is left to do, and the gauges that are sampled have said so. */
  readonly state: { isSettled: boolean }
}

/** Works on everything in the folder, and then, unless once is enough, on what changes in it. */
const serve = (options: DemoOptions, { folder, screen, state }: Serving) =>
  Effect.gen(function* () {
    const plan = makePlanner()
    const progress = { fed: 0, total: 0 }
    const fed = Effect.sync(() => (progress.fed += 1))
    const workOn = (files: ReadonlyArray<string>) => {
      const jobs = plan(files)
      state.isSettled = false
      progress.total += jobs.length
      return feed(jobs, fed)
    }
    const files = yield* filesOf(folder)
    const own = yield* writeOwnFiles
    yield* say(screen, `Working on the ${files.length} files of ${folder}.`)
    yield* showProgress(
      screen,
      Effect.map(alive, (waiting) => ({ done: progress.fed - waiting, total: progress.total }))
    )
    const jobs = yield* workOn([...own.files, ...files.map((file) => file.path)])
    yield* untilIdle
    yield* own.mend
    yield* replay(jobs.filter(({ payload, type }) => type === "parse" && payload.file === own.broken))
    yield* settled(state)
    if (options.isOnce) return "with the folder done"
    yield* say(screen, `All done. Waiting for changes in ${folder}; Ctrl-C ends.`)
    return yield* Stream.runForEach(changesOf(folder, files), (changed) =>
      Effect.zipRight(
        say(screen, `${changed.length} changed: ${changed.join(", ")}`),
        Effect.zipRight(workOn(changed), settled(state))
      )
    ).pipe(Effect.as("with no more changes"))
  }).pipe(Effect.scoped)

/** Puts dead letters back to work: what they died of was mended. */
const replay = (jobs: ReadonlyArray<FedJob>): Effect.Effect<void, JobError, JobService> =>
  Effect.flatMap(JobService, ({ deadLetters }) =>
    Effect.forEach(jobs, ({ id }) => deadLetters.replay(id), { discard: true })
  )

/** Gauges that are sampled say what was true a moment ago: after two seconds the last export has the last sample. */
const settled = (state: Serving["state"]) =>
  untilIdle.pipe(
    Effect.zipRight(Effect.sleep("2 seconds")),
    Effect.zipRight(Effect.sync(() => (state.isSettled = true)))
  )

const timeOver = (seconds: number | undefined) =>
  seconds === undefined ? Effect.never : Effect.as(Effect.sleep(Duration.seconds(seconds)), `after ${seconds} seconds`)

const temporaryFolder: Effect.Effect<string, never, Scope> = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(path.join(tmpdir(), "job-server-"))),
  (made) => Effect.promise(() => rm(made, { recursive: true, force: true }))
)
