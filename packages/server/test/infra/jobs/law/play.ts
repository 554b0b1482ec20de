/** Plays a program with runners in this process, and says what it came to. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { JobService, type JobsOptions } from "../../../../src/infra/jobs.ts"
import * as Testing from "../../../../src/observe/testing.ts"
import { cluster, type Database, totalOf } from "../world.ts"
import { differences } from "./as-messages.ts"
import * as Audit from "./audit.ts"
import { Known, liesOf, make, transaction } from "./calls.ts"
import type { Proxy } from "./proxy.ts"
import type { Step } from "./steps.ts"
import { WorkLive } from "./work.ts"

/** A way to the database. Without a proxy no fault befalls it. */
export interface Connection {
  readonly database: Database
  readonly proxy: Proxy | undefined
}

/** Where a program is played. */
export interface Stage {
  readonly runners: ReadonlyArray<Connection>
  readonly caller: Connection
  readonly observer: Database
  readonly options: JobsOptions
  readonly place: Audit.Place
}

/** What a program came to. */
export interface Came {
  readonly tables: Audit.Facts
  readonly counted: Audit.Facts
  /** The law of the tables at each look: nothing but zero. */
  readonly imbalances: ReadonlyArray<number | undefined>
  readonly contradictions: ReadonlyArray<unknown>
  readonly left: { readonly held: number | undefined; readonly uncounted: number | undefined }
  readonly inFlight: number
  readonly used: number
  /** What the messaging conventions have that our own metrics don't, or the other way round. */
  readonly asMessages: ReadonlyArray<string>
  /** What callers were told, and is not so. */
  readonly lies: ReadonlyArray<string>
}

const quick: JobsOptions = {
  partitions: 4,
  pollInterval: "50 millis",
  lease: "1500 millis",
  interruptGrace: "200 millis",
  sampleInterval: "10 seconds",
  maxLosses: 2
}

/** A part that may end before the program does. */
const separate = <A, E>(layer: Layer.Layer<A, E>) =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    const context = yield* Effect.orDie(Layer.buildWithScope(Layer.fresh(layer), scope))
    const stop = Scope.close(scope, Exit.void)
    yield* Effect.addFinalizer(() => stop)
    return { context, stop }
  })

const runnerOf = (database: Database, options: JobsOptions) =>
  separate(
    WorkLive.pipe(
      Layer.provideMerge(JobService.layer({ ...quick, ...options })),
      Layer.provide(cluster),
      Layer.provide(database),
      Layer.provideMerge(Testing.layer())
    )
  )

const callerOf = (database: Database, options: JobsOptions) =>
  separate(JobService.layerClient(options).pipe(Layer.provideMerge(database), Layer.provideMerge(Testing.layer())))

type Runner = Effect.Effect.Success<ReturnType<typeof runnerOf>>

/** Plays a program on a stage. */
export const play = (stage: Stage, program: ReadonlyArray<Step>) =>
  Effect.gen(function* () {
    const { caller, observer, options, place, runners } = stage
    const { context } = yield* callerOf(caller.database, options)
    const observed = (yield* separate(observer)).context
    yield* Effect.provide(Audit.install(place), observed)
    const all: Array<Runner> = []
    const begin = (database: Database) =>
      Effect.tap(runnerOf(database, options), (made) => Effect.sync(() => void all.push(made)))
    const alive = yield* Effect.forEach(runners, ({ database }) => begin(database))
    const imbalances = new Set<number | undefined>()
    const look = Effect.provide(
      Effect.map(Audit.imbalance(place), (off) => imbalances.add(off)),
      observed
    )
    const watching = yield* Effect.fork(Effect.forever(Effect.zipRight(look, Effect.sleep("20 millis"))))
    const known = new Known()
    const calls = { jobs: Context.get(context, JobService), known }
    const ways = [...runners, caller]
    for (const step of program) {
      switch (step._tag) {
        case "pass":
          yield* Effect.sleep(step.ms)
          break
        case "transaction":
          yield* Effect.provide(transaction(calls, step, caller.proxy), context)
          break
        case "together":
          yield* Effect.forEach(step.calls, (call) => make(calls, call), { concurrency: "unbounded" })
          break
        case "restart": {
          const database = runners[step.which]?.database
          if (database !== undefined) {
            yield* alive[step.which]?.stop ?? Effect.void
            alive[step.which] = yield* begin(database)
          }
          break
        }
        case "cut":
          yield* ways[step.which]?.proxy?.cut ?? Effect.void
          break
        case "loseAnswer":
          yield* ways[step.which]?.proxy?.lose("answer") ?? Effect.void
          break
        case "freeze": {
          // Only a runner: a caller would wait for it.
          const proxy = runners[step.which]?.proxy
          if (proxy !== undefined) {
            yield* proxy.freeze
            yield* Effect.forkScoped(Effect.delay(proxy.free, step.ms))
          }
          break
        }
        default:
          known.accepted.push(...(yield* make(calls, step)))
      }
    }
    yield* Effect.forEach(ways, ({ proxy }) => proxy?.lose(undefined) ?? Effect.void)
    yield* Effect.eventually(Effect.tapError(calls.jobs.resume("work"), () => Effect.sleep("50 millis")))
    const unsettled = Effect.provide(Audit.unsettled(place), observed)
    const left = yield* Effect.repeat(Effect.delay(unsettled, "50 millis"), {
      times: 1200,
      until: ({ held, uncounted }) => held === 0 && uncounted === 0
    }).pipe(Effect.zipRight(unsettled))
    yield* Fiber.interrupt(watching)
    yield* look
    const tables = yield* Effect.provide(Audit.allFacts(place), observed)
    const snapshots = Effect.zipWith(
      Effect.forEach(all, (runner) => Effect.provide(Testing.snapshot, runner.context)),
      Effect.provide(Testing.snapshot, context),
      (ofRunners, ofCaller) => [...ofRunners, ofCaller]
    )
    // What was written is counted a moment later.
    const now = yield* Effect.repeat(Effect.delay(snapshots, "20 millis"), {
      times: 150,
      until: (seen) =>
        JSON.stringify([countedIn(seen), inFlightOf(seen), usedIn(seen)]) === JSON.stringify([tables, 0, 0])
    }).pipe(Effect.zipRight(snapshots))
    return {
      tables,
      counted: countedIn(now),
      imbalances: Array.from(imbalances),
      contradictions: yield* Effect.provide(Audit.contradictions(place), observed),
      left,
      inFlight: inFlightOf(now),
      used: usedIn(now),
      asMessages: differences(now, options.semconv === true),
      lies: yield* Effect.provide(liesOf(place, known), observed)
    } satisfies Came
  }).pipe(Effect.orDie, Effect.scoped)

type Snapshots = ReadonlyArray<Testing.Snapshot>

/** The counters over all runners and, last, the caller; the failures of callers are not those of attempts. */
export const countedIn = (snapshots: Snapshots): Audit.Facts => ({
  enqueued: sumOf(snapshots, "jobs_enqueued_total"),
  replays: sumOf(snapshots, "jobs_replayed_total"),
  retries: sumOf(snapshots, "jobs_retried_total"),
  redelivered: sumOf(snapshots, "jobs_redelivered_total"),
  completions: sumOf(snapshots, "jobs_completed_total"),
  cancellations: sumOf(snapshots, "jobs_cancelled_total"),
  deadLettered: sumOf(snapshots, "jobs_dead_lettered_total"),
  failures: sumOf(snapshots.slice(0, -1), "jobs_failed_total"),
  ended: sumOf(snapshots, "jobs_attempts"),
  attempts: snapshots.reduce(
    (total, snapshot) =>
      Object.entries(snapshot)
        .filter(([text]) => text.startsWith("jobs_attempts{"))
        .reduce((sum, [, value]) => sum + (typeof value === "number" ? 0 : value.sum), total),
    0
  )
})

const sumOf = (snapshots: Snapshots, name: string, passes?: (text: string) => boolean): number =>
  snapshots.reduce((total, snapshot) => total + totalOf(snapshot, name, passes), 0)

const inFlightOf = (snapshots: Snapshots): number => sumOf(snapshots, "jobs_in_flight")

/** Handlers at work, and those that were left to themselves. */
const usedIn = (snapshots: Snapshots): number =>
  sumOf(snapshots, "jobs_slots", (text) => !text.includes('state="limit"'))
