/**
 * Three runners on PostgreSQL, one killed and one told to stop on the way. At the end the tables, an independent record
 * in the database, and what a collector received from each runner are compared.
 */
import { spawnReceiver, type Snapshot } from "@parametric-portal/dashboard/spawn"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { appendFileSync } from "node:fs"
import { join } from "node:path"
import { freePort } from "../../../../../../vitest.ports.ts"
import { JobService } from "../../../../src/infra/jobs.ts"
import * as Testing from "../../../../src/observe/testing.ts"
import { Postgres } from "../../../support/postgres.ts"
import { compiled, receiver } from "../../../support/programs.ts"
import { totals } from "../world.ts"
import * as Audit from "./audit.ts"
import { clientNode, database } from "./nodes.ts"
import { Endless, Mixed, type Outcome, outcomes } from "./work.ts"

/** What a run came to. */
export interface Outcomes {
  /** Jobs that were accepted, as the client knows it. */
  readonly accepted: number
  readonly tables: Effect.Effect.Success<typeof totals>
  readonly endedTwice: ReadonlyArray<unknown>
  /** By runner: what was recorded of it, and what the collector has of it. */
  readonly runners: ReadonlyArray<{ readonly name: string; readonly did: Audit.Facts; readonly told: Audit.Facts }>
  /** Of the killed runner: when it last reached the collector, and when it did what the collector does not have. */
  readonly lastExportMs: number
  readonly untoldMs: ReadonlyArray<number>
}

/** Runs so many jobs. */
export const scenario = (total: number): Effect.Effect<Outcomes, unknown, Scope.Scope> =>
  Effect.gen(function* () {
    const postgres = Context.get(yield* Layer.build(Postgres.layer), Postgres)
    const url = yield* postgres.database("jobs")
    const runner = yield* compiled(new URL("./runner.ts", import.meta.url))
    const collector = yield* spawnReceiver({ program: yield* receiver })
    const client = yield* Layer.build(
      JobService.layerClient({ lanes: 48, callTimeout: "4 minutes" }).pipe(
        Layer.provide(clientNode),
        Layer.provideMerge(database(url, "client")),
        Layer.provide(Testing.layer())
      )
    )
    return yield* Effect.provide(
      program(total, { runner, url, metricsUrl: collector.url, state: collector.state }),
      client
    )
  })

interface World {
  /** The program of a runner. */
  readonly runner: string
  readonly url: string
  readonly metricsUrl: string
  readonly state: Effect.Effect<Snapshot, unknown>
}

const program = (total: number, world: World) =>
  Effect.gen(function* () {
    yield* Audit.install
    const one = yield* startRunner("one", world)
    const two = yield* startRunner("two", world)
    const three = yield* startRunner("three", world)
    const endless = yield* submitEndless("one", Math.ceil(total / 50))
    const first = yield* submitAll(Math.floor(total * 0.3), submitMixed)
    one.kill("SIGKILL")
    const second = yield* submitAll(Math.floor(total * 0.3), submitMixed)
    two.kill("SIGTERM")
    yield* submitAll(total - endless.length - first.length - second.length, submitMixed)
    yield* Effect.forEach(endless, (id) => Effect.flatMap(JobService, ({ cancel }) => cancel(id)), { concurrency: 10 })
    yield* ended
    const { deadLetters } = yield* JobService
    const page = yield* deadLetters.list({ limit: Math.ceil(total / 50) })
    yield* Effect.forEach(page.items, ({ id }) => deadLetters.replay(id), { concurrency: 10 })
    yield* ended
    yield* exited(two)
    three.kill("SIGTERM")
    yield* exited(three)
    return yield* compare(total, world)
  })

const compare = (total: number, { state }: World) =>
  Effect.gen(function* () {
    const received = yield* state
    const runners = yield* Effect.forEach(["one", "two", "three"], (name) =>
      Effect.map(Audit.factsOf(name), (did) => ({ name, did, told: toldOf(received, name) }))
    )
    const killed = runners.find(({ name }) => name === "one")
    const untoldMs = yield* Effect.forEach(Audit.factNames, (fact) =>
      Effect.map(Audit.timesOf("one", fact), (times) =>
        times.slice(0, Math.max(0, (killed?.did[fact] ?? 0) - (killed?.told[fact] ?? 0)))
      )
    )
    return {
      accepted: total,
      tables: yield* totals,
      endedTwice: yield* Audit.endedTwice,
      runners,
      lastExportMs: lastExport(received, "one"),
      untoldMs: untoldMs.flat()
    } satisfies Outcomes
  })

const names: Record<Audit.FactName, string> = {
  enqueued: "jobs_enqueued_total",
  replays: "jobs_replayed_total",
  completions: "jobs_completed_total",
  cancellations: "jobs_cancelled_total",
  deadLettered: "jobs_dead_lettered_total",
  failures: "jobs_failed_total",
  retries: "jobs_retried_total",
  redelivered: "jobs_redelivered_total"
}

const seriesOf = (received: Snapshot, runner: string) =>
  received.series.filter(({ resource }) => resource["service.instance.id"] === runner)

const toldOf = (received: Snapshot, runner: string): Audit.Facts =>
  Audit.factNames.reduce(
    (facts, fact): Audit.Facts => ({
      ...facts,
      [fact]: seriesOf(received, runner)
        .filter(({ name }) => name === names[fact])
        .reduce((sum, { total }) => sum + (typeof total === "number" ? total : 0), 0)
    }),
    Audit.noFacts
  )

const lastExport = (received: Snapshot, runner: string): number =>
  Math.max(0, ...seriesOf(received, runner).map(({ timeUnixNano }) => Number(timeUnixNano / 1_000_000n)))

type Submit = (n: number, jobs: typeof JobService.Service) => Effect.Effect<string, unknown>

const submitAll = (count: number, submit: Submit) =>
  Effect.flatMap(JobService, (jobs) =>
    Effect.forEach(
      Array.from({ length: count }, (_, n) => n),
      (n) => submit(n, jobs),
      { concurrency: 40 }
    )
  )

const submitMixed: Submit = (n, jobs) => {
  const outcome: Outcome = n % 20 < 5 ? (outcomes[(n % 20) + 1] ?? "succeed") : "succeed"
  const priority = (["critical", "high", "normal", "low"] as const)[n % 4]
  return jobs.submit(Mixed, { outcome, n }, { priority, delay: n % 11 === 0 ? "500 millis" : 0 })
}

/** As many that never end, and more until one of them runs on this runner. */
const submitEndless = (runner: string, count: number) =>
  Effect.gen(function* () {
    const jobs: Array<string> = yield* submitAll(count, (n, { submit }) => submit(Endless, n))
    while (!(yield* Audit.hasStarted(runner, jobs))) {
      jobs.push(...(yield* submitAll(1, (_, { submit }) => submit(Endless, jobs.length))))
      yield* Effect.sleep("100 millis")
    }
    return jobs
  })

/** Waits until nothing is held any more. */
const ended = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const held = Effect.map(
    sql<{
      held: string
    }>`SELECT count(*) AS held FROM jobs WHERE state IN ('ready', 'scheduled', 'running', 'retrying')`,
    ([row]) => Number(row?.held)
  )
  yield* Effect.repeat(held, { schedule: Schedule.spaced("200 millis"), until: (now) => now === 0 }).pipe(
    Effect.timeoutFail({ duration: "3 minutes", onTimeout: () => new Error("jobs are left") })
  )
})

const startRunner = (
  name: string,
  { metricsUrl, runner, url }: World
): Effect.Effect<ChildProcess, unknown, Scope.Scope> =>
  Effect.gen(function* () {
    const port = yield* Effect.promise(freePort)
    const child = yield* Effect.acquireRelease(
      Effect.sync(() =>
        spawn(process.execPath, [runner], {
          env: {
            ...process.env,
            DATABASE_URL: url,
            METRICS_URL: metricsUrl,
            RUNNER_NAME: name,
            RUNNER_PORT: `${port}`
          },
          stdio: ["ignore", "pipe", "inherit"]
        })
      ),
      (process_) => Effect.sync(() => process_.kill("SIGKILL"))
    )
    yield* Effect.promise(() => once(child.stdout, "data"))
    // What it says is read, so that it never waits for a reader; to look at it, give a folder.
    const folder = process.env["JOBS_LOG_FOLDER"]
    child.stdout.on("data", (text: Buffer) => folder !== undefined && appendFileSync(join(folder, `${name}.log`), text))
    return child
  })

const exited = (child: ChildProcess) =>
  Effect.promise(() =>
    child.exitCode === null && child.signalCode === null ? once(child, "exit") : Promise.resolve([])
  )
