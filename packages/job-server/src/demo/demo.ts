/** The demo from start to result: a receiver, a job server, the jobs of a folder, and the audit of the metrics. */
import type { HttpClient } from "@effect/platform/HttpClient"
import { type JobError, JobService } from "@parametric-portal/server/infra/jobs"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { serveControlApi } from "../admin/control-api.ts"
import { deleteLeftRegistrations } from "../admin/server-registration.ts"
import { readJobTables } from "../audit/job-tables.ts"
import { deleteLeftFolders } from "../server/temporary-folder.ts"
import { TimedOut } from "../server/time-limit.ts"
import type { DemoOptions } from "./arguments.ts"
import { deploy, type Deployment } from "./deployment.ts"
import { changesOf, filesOf, openFolder } from "./folder.ts"
import { followNumbers } from "./live-numbers.ts"
import { servePage } from "./page/serve.ts"
import { submitWhileWatched } from "./page/watched-load.ts"
import { makePlanner, type OwnFiles, type Planner, writeOwnFiles } from "./plan.ts"
import { showProgress } from "./progress.ts"
import { type Receiver, startReceiver } from "./receiver.ts"
import { emptyResult, resultOf } from "./result.ts"
import { makeSampleTracker, type SampleTracker, untilSampled } from "./sample-tracker.ts"
import { logTo, say, type Screen } from "./screen.ts"
import { withServer } from "./server-lifetime.ts"
import { type SubmittedJob, submitJobs } from "./submit-jobs.ts"
import { countUnfinishedJobs, untilAllJobsEnded } from "./unfinished-jobs.ts"
import { measuredClient, unfinishedOverHttp } from "./unfinished-over-http.ts"

export interface DemoContext {
  readonly screen: Screen
  /** Completed when the user wants the demo to stop, with how: "by Ctrl-C". */
  readonly stop: Deferred.Deferred<string>
}

/** Runs the demo until the folder is done, the time is over, or the user stops it. */
export const demo = (options: DemoOptions, { screen, stop }: DemoContext) =>
  Effect.gen(function* () {
    const folder = yield* openFolder(options.folder)
    yield* deleteLeftFolders
    yield* deleteLeftRegistrations
    const stopped = Effect.raceFirst(Deferred.await(stop), timeOver(options.seconds))
    const started = yield* Effect.raceFirst(
      start(options, folder, screen),
      Effect.tap(Deferred.await(stop), (reason) => say(screen, `Stopped ${reason}, before any job was submitted.`))
    )
    if (typeof started === "string") {
      return emptyResult(started)
    }
    const { deployment, receiver, samples } = started
    const work = Effect.catchAll(runJobs(options, started), ({ message }) => Effect.succeed({ broken: message }))
    const use = Effect.gen(function* () {
      const end = yield* Effect.raceFirst(work, stopped)
      const broken = typeof end === "string" ? undefined : end.broken
      yield* say(screen, `Stopped ${typeof end === "string" ? end : `because ${end.broken}`}.`)
      const tables = yield* Effect.timeoutFail(readJobTables, {
        duration: "30 seconds",
        onTimeout: () => new TimedOut({ message: "the tables could not be read within 30 seconds" })
      })
      return { tables, broken, areGaugesCurrent: samples.isCurrent }
    })
    const outcome = yield* withServer(deployment.layer, use, screen)
    const processes = yield* deployment.stop
    return resultOf(processes, { ...outcome, otlp: options.otlp, receiver: yield* receiver.poll })
  }).pipe(Effect.scoped, Effect.provide(logTo(screen)))

interface Started {
  readonly folder: string
  readonly deployment: Deployment
  readonly receiver: Receiver
  readonly screen: Screen
  readonly samples: SampleTracker
}

/** Starts everything but the server of this process. */
const start = (options: DemoOptions, folder: string, screen: Screen) =>
  Effect.gen(function* () {
    const receiver = yield* startReceiver(options.port, screen)
    yield* say(screen, `Receiving metrics at ${receiver.url} (process ${receiver.pid}).`)
    const deployment = yield* deploy(options, { receiver, screen })
    const samples = makeSampleTracker(untilSampled(receiver, deployment.processNames))
    return { folder, deployment, receiver, samples, screen } satisfies Started
  })

/** Runs the jobs of all files in the folder, and then, unless once is enough, of those that change. */
const runJobs = (options: DemoOptions, started: Started) =>
  Effect.gen(function* () {
    const { deployment, folder, samples, screen } = started
    const plan = makePlanner({ hasSlowJobs: options.isKilling })
    const progress: { submitted: number; total: number; done: number; numbers?: string } = {
      submitted: 0,
      total: 0,
      done: 0
    }
    const submit = (files: ReadonlyArray<string>, planner = plan) => {
      const jobs = planner(files)
      samples.changed()
      progress.total += jobs.length
      return submitJobs(
        jobs,
        Effect.sync(() => (progress.submitted += 1))
      )
    }
    const files = yield* filesOf(folder)
    const own = yield* writeOwnFiles
    const pages = { open: 0 }
    yield* showPage(started, { pages, hasTraces: options.hasTraces })
    yield* say(screen, `Submitting jobs for the ${files.length} files of ${folder}.`)
    const control = yield* serveControlApi({
      folder,
      say: (line) => say(screen, line),
      submitted: () => [(progress.total += 1), (progress.submitted += 1)],
      changed: samples.changed,
      afterChange: samples.waitUntilCurrent,
      isRegistered: !options.isOnce,
      observe: deployment.observeServer
    })
    const unfinished: Effect.Effect<number, { readonly message: string }, JobService | HttpClient> =
      control === undefined ? countUnfinishedJobs : unfinishedOverHttp(control)
    yield* showProgress(
      screen,
      Effect.map(unfinished, (left) => {
        progress.done = progress.submitted - left
        return progress
      })
    ).pipe(Effect.provide(measuredClient))
    const killing = yield* Effect.forkScoped(Effect.zipRight(untilTenthDone(progress), deployment.killOne))
    const filePaths = files.map((file) => file.path)
    const jobs = yield* submit([...own.files, ...filePaths])
    yield* untilAllJobsEnded
    yield* Fiber.join(killing)
    yield* untilAllJobsEnded
    yield* fixAndReplay(own, jobs)
    yield* samples.waitUntilCurrent
    return options.isOnce
      ? "because the folder is done"
      : yield* stayUp({ ...started, files, progress, submit, watched: [...own.files, ...filePaths], pages })
  }).pipe(Effect.scoped)

interface PageOfDemo {
  readonly pages: { open: number }
  readonly hasTraces: boolean
}

/** Serves the page and says what is to be seen on it, or why there is none. */
const showPage = ({ deployment, receiver, samples, screen }: Started, { hasTraces, pages }: PageOfDemo) =>
  servePage({
    observe: deployment.observeServer,
    receiverUrl: receiver.url,
    watching: (open) => (pages.open = open),
    changed: samples.changed,
    afterChange: samples.waitUntilCurrent
  }).pipe(
    Effect.tap((address) => say(screen, `Open ${address} to see the metrics and the jobs.`)),
    Effect.tap(() => (hasTraces ? say(screen, toTraces) : Effect.void)),
    Effect.catchAll(({ message }) => say(screen, `There is no page to open: ${message}`))
  )

const toTraces =
  "For a trace and its log lines: Jobs, a job, its Trace; or Series, jobs_processing_seconds, a dot of its Distribution."

interface StayUp extends Started {
  readonly files: Effect.Effect.Success<ReturnType<typeof filesOf>>
  readonly progress: { numbers?: string }
  readonly submit: (files: ReadonlyArray<string>, planner?: Planner) => Effect.Effect<unknown, JobError, JobService>
  /** The files whose jobs are submitted while a page is open. */
  readonly watched: ReadonlyArray<string>
  /** How many pages are open. */
  readonly pages: { readonly open: number }
}

/** Runs the jobs of files that change, and others while somebody watches. */
const stayUp = ({ files, folder, pages, progress, receiver, samples, screen, submit, watched }: StayUp) =>
  Effect.gen(function* () {
    yield* say(screen, `All jobs are done. Watching ${folder} for changes; press Ctrl-C to stop.`)
    yield* followNumbers(screen, receiver, progress)
    // Some take seconds, so that one can be cancelled.
    const planner = makePlanner({ hasSlowJobs: true })
    yield* submitWhileWatched({
      isWatched: () => pages.open > 0,
      files: watched,
      submit: (some) => submit(some, planner),
      afterwards: samples.waitUntilCurrent
    })
    return yield* Stream.runForEach(changesOf(folder, files), (changed) =>
      Effect.zipRight(
        say(screen, `${changed.length} changed: ${changed.join(", ")}`),
        Effect.zipRight(submit(changed), samples.waitUntilCurrent)
      )
    ).pipe(Effect.as("because there are no more changes"))
  })

/** Fixes the broken file, and replays the job that failed on it, which may have been replayed elsewhere already. */
const fixAndReplay = (own: OwnFiles, jobs: ReadonlyArray<SubmittedJob>): Effect.Effect<void, JobError, JobService> =>
  Effect.zipRight(
    own.fix,
    Effect.flatMap(JobService, ({ deadLetters }) =>
      Effect.forEach(
        jobs.filter(({ payload, type }) => type === "parse" && payload.file === own.broken),
        ({ id }) =>
          Effect.catchIf(
            deadLetters.replay(id),
            ({ reason }) => reason === "NotFound",
            () => Effect.void
          ),
        { discard: true }
      )
    )
  )

const untilTenthDone = (progress: { readonly done: number; readonly total: number }) =>
  Effect.repeat(
    Effect.sync(() => progress.total > 0 && progress.done > progress.total * 0.1),
    { until: (isDone) => isDone, schedule: Schedule.spaced("50 millis") }
  )

const timeOver = (seconds: number | undefined) =>
  seconds === undefined ? Effect.never : Effect.as(Effect.sleep(Duration.seconds(seconds)), `after ${seconds} seconds`)
