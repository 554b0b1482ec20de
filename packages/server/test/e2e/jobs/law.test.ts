/**
 * Ten minutes of random programs of callers, with three runners in processes of their own that are killed, told to stop
 * and paused at random. The law is exact in the tables at every look; what each process did, by an independent record in
 * the database, is what it told a collector, but for what a killed one had not exported. `LAW_SECONDS` makes it shorter.
 */
import { spawnReceiver, type Snapshot } from "@parametric-portal/dashboard/spawn"
import * as PgClient from "@effect/sql-pg/PgClient"
import * as SqlClient from "@effect/sql/SqlClient"
import { expect, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import type { Scope } from "effect/Scope"
import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { freePort } from "../../../../../vitest.ports.ts"
import { JobService } from "../../../src/infra/jobs.ts"
import * as Testing from "../../../src/observe/testing.ts"
import * as Audit from "../../infra/jobs/law/audit.ts"
import { Known, liesOf, make, transaction } from "../../infra/jobs/law/calls.ts"
import { countedIn } from "../../infra/jobs/law/play.ts"
import { makeProxy, type Proxy } from "../../infra/jobs/law/proxy.ts"
import { programs, type Step } from "../../infra/jobs/law/steps.ts"
import { Postgres } from "../../support/postgres.ts"
import { compiled, receiver } from "../../support/programs.ts"
import { lawVariable, type LawRunnerSettings } from "./law-settings.ts"

const seconds = Number(process.env["LAW_SECONDS"] ?? 600)

/** A fact is true a moment before it is counted: the trigger sees it, the transaction commits, its answer arrives. */
const momentMs = 2000

const place: Audit.Place = { name: (table) => table }

interface Runner {
  readonly name: string
  readonly child: ChildProcess
  isKilled: boolean
}

/** Starts runners, each with a name of its own. */
const starter = (given: Omit<LawRunnerSettings, "name" | "port">, program: string) => {
  const all: Array<Runner> = []
  const start = Effect.gen(function* () {
    const port = yield* Effect.promise(() => freePort())
    const name = `runner-${all.length + 1}`
    const settings: LawRunnerSettings = { ...given, name, port }
    const child = yield* Effect.acquireRelease(
      Effect.sync(() =>
        fork(program, [], {
          env: { ...process.env, [lawVariable]: JSON.stringify(settings) },
          execArgv: [],
          stdio: ["ignore", "inherit", "inherit", "ipc"]
        })
      ),
      (made) => Effect.sync(() => made.kill("SIGKILL"))
    )
    const runner: Runner = { name, child, isKilled: false }
    all.push(runner)
    yield* Effect.promise(() => Promise.race([once(child, "message"), once(child, "exit")]))
    return runner
  })
  return { all, start }
}

const gone = ({ child }: Runner) =>
  Effect.promise(async () => {
    if (child.exitCode === null && child.signalCode === null) {
      await once(child, "exit")
    }
  })

/** Waits until a runner has jobs at work, for as long as it may be that there are none for it. */
const working = ({ name }: Runner) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) =>
    sql`SELECT 1 FROM jobs WHERE state = 1 AND started_at IS NOT NULL AND held_by LIKE ${`${name}-%`} LIMIT 1`.pipe(
      Effect.repeat({ until: (held) => held.length > 0, schedule: Schedule.spaced("5 millis") }),
      Effect.timeoutOption("3 seconds")
    )
  )

/** Kills runners at work, stops and pauses others, one after the other, with another in its place. */
const trouble = (alive: Array<Runner>, start: Effect.Effect<Runner, never, Scope>) =>
  Effect.forever(
    Effect.gen(function* () {
      yield* Effect.sleep(yield* Random.nextIntBetween(2000, 7000))
      const which = yield* Random.nextIntBetween(0, alive.length)
      const runner = alive[which]
      const how = yield* Random.nextIntBetween(0, 4)
      if (runner === undefined) {
        return
      }
      if (how === 0) {
        runner.child.kill("SIGSTOP")
        yield* Effect.sleep(yield* Random.nextIntBetween(500, 5000))
        runner.child.kill("SIGCONT")
      } else {
        runner.isKilled = how > 1
        if (runner.isKilled) {
          yield* working(runner)
        }
        runner.child.kill(runner.isKilled ? "SIGKILL" : "SIGTERM")
        alive[which] = yield* start
      }
    })
  )

/** Callers are quicker than runners, the more so on a busy machine: they wait while this many jobs are in the tables. */
const mostJobs = 1_000

interface Crowd {
  held: number
}

interface Calling {
  readonly jobs: typeof JobService.Service
  readonly proxy: Proxy
  readonly crowd: Crowd
}

/** Calls without end. */
const calling = (steps: ReadonlyArray<Step>, { crowd, jobs, proxy }: Calling) => {
  const known = new Known()
  // One of them may have paused the type, which nobody else would resume meanwhile.
  const wait = Effect.zipRight(Effect.ignore(jobs.resume("work")), Effect.sleep("100 millis"))
  const room = Effect.whenEffect(
    Effect.repeat(wait, { until: () => crowd.held < mostJobs }),
    Effect.sync(() => crowd.held >= mostJobs)
  )
  const caller = { jobs, known }
  const turn = Effect.forEach(
    steps,
    (step) => {
      switch (step._tag) {
        case "transaction":
          return Effect.asVoid(transaction(caller, step, proxy))
        case "together":
          return Effect.asVoid(Effect.forEach(step.calls, (call) => make(caller, call), { concurrency: "unbounded" }))
        case "pass":
          return Effect.sleep(step.ms)
        case "purge":
        case "pause":
        case "restart":
        case "cut":
        case "loseAnswer":
        case "freeze":
          return jobs.resume("work").pipe(Effect.ignore)
        default:
          return Effect.map(make(caller, step), (ids) => void known.accepted.push(...ids))
      }
    },
    { discard: true }
  )
  return { known, run: Effect.forever(Effect.zipRight(room, turn)) }
}

const names: Readonly<Record<Exclude<Audit.FactName, "ended" | "attempts">, string>> = {
  enqueued: "jobs_enqueued_total",
  replays: "jobs_replayed_total",
  retries: "jobs_retried_total",
  redelivered: "jobs_redelivered_total",
  completions: "jobs_completed_total",
  cancellations: "jobs_cancelled_total",
  deadLettered: "jobs_dead_lettered_total",
  failures: "jobs_failed_total"
}
type Told = keyof typeof names
const toldNames = Audit.factNames.filter((name): name is Told => name in names)

const toldOf = (received: Snapshot, runner: string, fact: Told): number =>
  received.series
    .filter(({ name, resource }) => resource["service.instance.id"] === runner && name === names[fact])
    .reduce((sum, { total }) => sum + (typeof total === "number" ? total : 0), 0)

const lastExport = (received: Snapshot, runner: string): number =>
  Math.max(
    0,
    ...received.series
      .filter(({ resource }) => resource["service.instance.id"] === runner)
      .map(({ timeUnixNano }) => Number(timeUnixNano / 1_000_000n))
  )

/** Where what a runner told is not what it did. */
const untruths = (received: Snapshot, { isKilled, name }: Runner, did: Audit.Facts) =>
  Effect.gen(function* () {
    const found: Array<string> = []
    for (const fact of toldNames) {
      const told = toldOf(received, name, fact)
      if (told > did[fact] || (!isKilled && told < did[fact])) {
        found.push(`${name} told ${told} ${fact}, and did ${did[fact]}`)
      } else if (told < did[fact]) {
        const times = yield* Audit.timesOf(place, name, fact)
        const early = times.slice(0, did[fact] - told).filter((ms) => ms < lastExport(received, name) - momentMs)
        found.push(...early.map((ms) => `${name} did not tell of ${fact} at ${ms}, before its last export`))
      }
    }
    return found
  })

/** Waits for as long as there is less left every minute. */
const drained = <A extends { readonly held: number | undefined; readonly uncounted: number | undefined }, E>(
  look: Effect.Effect<A, E>
): Effect.Effect<A, E> =>
  Effect.gen(function* () {
    let least = Number.POSITIVE_INFINITY
    for (let idle = 0; idle < 60; idle += 1) {
      const left = yield* look
      const sum = (left.held ?? 0) + (left.uncounted ?? 0)
      if (sum === 0) {
        break
      }
      idle = sum < least ? 0 : idle
      least = Math.min(least, sum)
      yield* Effect.sleep("1 second")
    }
    return yield* look
  })

it.scopedLive(
  `${seconds} seconds of random programs with runners killed at random leave the law exact, and every counter too`,
  () =>
    Effect.gen(function* () {
      const server = Context.get(yield* Layer.build(Postgres.layer), Postgres)
      const databaseUrl = yield* server.database("law_processes")
      const collector = yield* spawnReceiver({ program: yield* receiver })
      const program = yield* compiled(new URL("./law-runner.ts", import.meta.url))
      const proxy = yield* makeProxy(server.port)
      const through = new URL(databaseUrl)
      through.port = String(proxy.port)
      const client = yield* Layer.build(
        JobService.layerClient().pipe(
          Layer.provideMerge(
            PgClient.layer({ url: Redacted.make(through.href), applicationName: "caller", maxConnections: 10 })
          ),
          Layer.provideMerge(Testing.layer())
        )
      )
      const observer = yield* Layer.build(
        PgClient.layer({ url: Redacted.make(databaseUrl), applicationName: "observer", maxConnections: 2 })
      )
      const jobs = Context.get(client, JobService)
      yield* Effect.provide(Audit.install(place), observer)
      const { all, start } = starter({ databaseUrl, metricsUrl: collector.url }, program)
      const alive = yield* Effect.all([start, start, start])
      const imbalances = new Set<number | undefined>()
      const crowd: Crowd = { held: 0 }
      const look = Effect.provide(
        Effect.gen(function* () {
          imbalances.add(yield* Audit.imbalance(place))
          crowd.held = (yield* Audit.unsettled(place)).held ?? 0
        }),
        observer
      )
      const callers = FastCheck.sample(programs(false), 4).map((steps) =>
        calling([...steps, { _tag: "pass", ms: 100 }], { jobs, proxy, crowd })
      )
      const fibers = yield* Effect.forEach(
        [...callers.map(({ run }) => Effect.provide(run, client)), Effect.forever(Effect.delay(look, "1 second"))],
        (run) => Effect.fork(run)
      )
      const troubles = yield* Effect.fork(Effect.provide(trouble(alive, start), observer))
      yield* Effect.sleep(seconds * 1000)
      yield* Fiber.interruptAll([...fibers, troubles])
      all.forEach(({ child }) => child.kill("SIGCONT"))
      yield* proxy.lose(undefined)
      yield* jobs.resume("work")
      const left = yield* drained(Effect.provide(Audit.unsettled(place), observer))
      all.forEach(({ child }) => child.kill("SIGTERM"))
      yield* Effect.forEach(all, gone)
      yield* look
      const received = yield* collector.state
      const facts = yield* Effect.provide(Audit.factsOf(place), observer)
      const found = yield* Effect.provide(
        Effect.forEach(all, (runner) => untruths(received, runner, facts.get(runner.name) ?? Audit.noFacts)),
        observer
      )
      const own = countedIn([yield* Effect.provide(Testing.snapshot, client)])
      const did = facts.get("caller") ?? Audit.noFacts
      const total = Array.from(facts.values()).reduce<Audit.Facts>(Audit.plus, Audit.noFacts)
      const lies = yield* Effect.provide(
        Effect.forEach(callers, ({ known }) => liesOf(place, { ...known, refused: [] })),
        observer
      )
      process.stdout.write(
        `${JSON.stringify({ seconds, runners: all.length, killed: all.filter(({ isKilled }) => isKilled).length, total })}\n`
      )
      expect({
        left,
        imbalances: Array.from(imbalances),
        contradictions: yield* Effect.provide(Audit.contradictions(place), observer),
        untruths: found.flat(),
        caller: { ...Audit.minus(own, did), failures: 0 },
        lies: lies.flat()
      }).toEqual({
        left: { held: 0, uncounted: 0 },
        imbalances: [0],
        contradictions: [],
        untruths: [],
        caller: Audit.noFacts,
        lies: []
      })
      expect(total.redelivered).toBeGreaterThan(0)
      expect(total.enqueued + total.replays).toBe(total.completions + total.cancellations + total.deadLettered)
    }),
  { timeout: seconds * 1000 + 600_000 }
)
