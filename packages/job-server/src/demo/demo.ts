/** The demo from its start to its result: a receiver, a job server, the jobs of a folder, and the comparison. */
import { type JobError, JobService } from "@parametric-portal/server/infra/jobs"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import type { DemoOptions } from "./arguments.ts"
import { openDoor } from "../admin/control-api.ts"
import { alive, feed, type FedJob, Stuck, untilIdle } from "./submit-jobs.ts"
import { changesOf, filesOf, openFolder } from "./folder.ts"
import { type Host, startHost } from "./deployment.ts"
import { makePlanner, writeOwnFiles } from "./plan.ts"
import { showProgress } from "./progress.ts"
import { startReceiver, type WatchedReceiver } from "./receiver.ts"
import { nothingDone, resultOf } from "./result.ts"
import { logOn, say, type Screen } from "./screen.ts"
import { serving } from "./server-lifetime.ts"
import { makeRest, type Rest, untilSampled } from "./sample-tracker.ts"
import { readTables } from "../audit/job-tables.ts"

export interface DemoSurroundings {
  readonly screen: Screen
  /** Completed when the user wants the demo to end, with the word for it. */
  readonly stop: Deferred.Deferred<string>
}

/** Runs the demo until the folder is done, the time is over, or the user ends it. */
export const demo = (options: DemoOptions, { screen, stop }: DemoSurroundings) =>
  Effect.gen(function* () {
    const folder = yield* openFolder(options.folder)
    const ended = Effect.raceFirst(Deferred.await(stop), timeOver(options.seconds))
    const surroundings = yield* Effect.raceFirst(
      start(options, folder, screen),
      Effect.tap(Deferred.await(stop), (reason) => say(screen, `Ended ${reason}, before any job was submitted.`))
    )
    if (typeof surroundings === "string") return nothingDone(surroundings)
    const { host, receiver, rest } = surroundings
    const working = Effect.catchAll(serve(options, surroundings), ({ message }) => Effect.succeed({ broken: message }))
    const work = Effect.gen(function* () {
      const reason = yield* Effect.raceFirst(working, ended)
      const broken = typeof reason === "string" ? undefined : reason.broken
      yield* say(screen, `Ended ${typeof reason === "string" ? reason : `because ${reason.broken}`}.`)
      const tables = yield* Effect.timeoutFail(readTables, {
        duration: "30 seconds",
        onTimeout: () => new Stuck({ message: "the tables could not be read within 30 seconds" })
      })
      return { tables, broken, isSettled: rest.isSettled }
    })
    const done = yield* serving(host.layer, work, screen)
    const processes = yield* host.end
    return resultOf(processes, { ...done, sight: yield* receiver.look })
  }).pipe(Effect.scoped, Effect.provide(logOn(screen)))

/** Everything that runs besides the server itself. */
const start = (options: DemoOptions, folder: string, screen: Screen) =>
  Effect.gen(function* () {
    const receiver = yield* startReceiver(options.port, screen)
    yield* say(screen, `Metrics are received at ${receiver.url} by process ${receiver.pid}.`)
    const host = yield* startHost(options, { receiver, screen })
    const rest = makeRest(untilSampled(receiver, host.alive))
    return { folder, host, receiver, rest, screen } satisfies Serving
  })

interface Serving {
  readonly folder: string
  readonly host: Host
  readonly receiver: WatchedReceiver
  readonly screen: Screen
  readonly rest: Rest
}

/** Works on everything in the folder, and then, unless once is enough, on what changes in it. */
const serve = (options: DemoOptions, { folder, host, rest, screen }: Serving) =>
  Effect.gen(function* () {
    const plan = makePlanner({ hasSlowJobs: options.isKilling })
    const progress = { fed: 0, total: 0, done: 0 }
    const fed = Effect.sync(() => (progress.fed += 1))
    const workOn = (files: ReadonlyArray<string>) => {
      const jobs = plan(files)
      rest.stir()
      progress.total += jobs.length
      return feed(jobs, fed)
    }
    const files = yield* filesOf(folder)
    const own = yield* writeOwnFiles
    yield* say(screen, `Working on the ${files.length} files of ${folder}.`)
    yield* showProgress(
      screen,
      Effect.map(alive, (waiting) => {
        progress.done = progress.fed - waiting
        return progress
      })
    )
    if (!options.isOnce) {
      yield* openDoor({ folder, rest, screen, submitted: () => [(progress.total += 1), (progress.fed += 1)] })
    }
    const midway = yield* Effect.forkScoped(Effect.zipRight(untilMidway(progress), host.midway))
    const jobs = yield* workOn([...own.files, ...files.map((file) => file.path)])
    yield* untilIdle
    yield* Fiber.join(midway)
    yield* untilIdle
    yield* own.mend
    yield* replay(jobs.filter(({ payload, type }) => type === "parse" && payload.file === own.broken))
    yield* rest.settle
    if (options.isOnce) return "with the folder done"
    yield* say(screen, `All done. Waiting for changes in ${folder}; Ctrl-C ends.`)
    return yield* Stream.runForEach(changesOf(folder, files), (changed) =>
      Effect.zipRight(
        say(screen, `${changed.length} changed: ${changed.join(", ")}`),
        Effect.zipRight(workOn(changed), rest.settle)
      )
    ).pipe(Effect.as("with no more changes"))
  }).pipe(Effect.scoped)

/** Puts dead letters back to work: what they died of was mended. One may have been put back from elsewhere by then. */
const replay = (jobs: ReadonlyArray<FedJob>): Effect.Effect<void, JobError, JobService> =>
  Effect.flatMap(JobService, ({ deadLetters }) =>
    Effect.forEach(
      jobs,
      ({ id }) =>
        Effect.catchIf(
          deadLetters.replay(id),
          ({ reason }) => reason === "NotFound",
          () => Effect.void
        ),
      { discard: true }
    )
  )

const untilMidway = (progress: { readonly done: number; readonly total: number }) =>
  Effect.repeat(
    Effect.sync(() => progress.total > 0 && progress.done > progress.total * 0.1),
    { until: (is) => is, schedule: Schedule.spaced("50 millis") }
  )

const timeOver = (seconds: number | undefined) =>
  seconds === undefined ? Effect.never : Effect.as(Effect.sleep(Duration.seconds(seconds)), `after ${seconds} seconds`)
