/** A runner over tables in memory, by the clock of the test, and what can be done with its jobs. */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import { JobHandlers } from "../../../../src/infra/jobs/definition/handlers.ts"
import type { Job } from "../../../../src/infra/jobs/definition/job.ts"
import { makeRunner, type Runner as RunnerOf } from "../../../../src/infra/jobs/runner/runner.ts"
import type { RunnerSettings } from "../../../../src/infra/jobs/runner/settings.ts"
import type { ClusterLimits } from "../../../../src/infra/jobs/definition/limits.ts"
import type { JobStatus, NewJob, Operations } from "../../../../src/infra/jobs/store/operations.ts"
import * as Testing from "../../../../src/observe/testing.ts"
import { Memory, memoryTables } from "../memory-tables.ts"

export { Memory }

/** What is in the tables, and what can be done to them. */
export class Tables extends Context.Tag("test/Tables")<
  Tables,
  { readonly memory: Memory; readonly tables: Operations }
>() {}

export class Runner extends Context.Tag("test/Runner")<Runner, RunnerOf>() {}

export const settings: RunnerSettings = {
  runnerName: "runner",
  partitions: 4,
  lease: Duration.seconds(10),
  pollInterval: Duration.seconds(1),
  interruptGrace: Duration.seconds(5),
  maxPayloadLength: 4_194_304,
  maxLosses: 5,
  trace: "link",
  baggage: false,
  semconv: false,
  isWatched: true
}

export interface WorldOptions extends Partial<RunnerSettings> {
  readonly memory?: Memory
  /** What some operations do instead. */
  readonly changed?: (tables: Operations, memory: Memory) => Partial<Operations>
  readonly owned?: ReadonlyArray<number>
  /** Limits across the cluster, by type. */
  readonly limits?: Readonly<Record<string, ClusterLimits>>
}

/** A runner with handlers, over tables of its own unless they are given. */
export const world = <A, E>(
  handlers: Layer.Layer<A, E, JobHandlers>,
  { changed = () => ({}), limits = {}, memory = new Memory(), owned = [0, 1, 2, 3], ...some }: WorldOptions = {}
) => {
  const tables = memoryTables(memory)
  const runner = Layer.scoped(
    Runner,
    Effect.gen(function* () {
      const made = yield* makeRunner({
        tables: { ...tables, ...changed(tables, memory) },
        settings: { ...settings, ...some }
      })
      yield* Effect.forEach(owned, made.own)
      return made
    })
  )
  const registry = Layer.map(JobHandlers.layer, (context) => {
    const handlersOf = Context.get(context, JobHandlers)
    const register: typeof handlersOf.register = (handler) =>
      handlersOf.register({ ...handler, limits: limits[handler.type] })
    return Context.make(JobHandlers, { ...handlersOf, register })
  })
  return handlers.pipe(
    Layer.provideMerge(runner),
    Layer.provideMerge(registry),
    Layer.provideMerge(Layer.succeed(Tables, { memory, tables })),
    Layer.provideMerge(Testing.layer()),
    Layer.orDie
  )
}

/** A world that is ended before the test is, as a process that stops. */
export const separate = <A, E>(layer: Layer.Layer<A, E>) =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    const context = yield* Layer.buildWithScope(Layer.fresh(layer), scope)
    return { context, stop: Scope.close(scope, Exit.void) }
  })

let made = 0

/** Submits a job as a caller would; its id. */
export const submit = <Type extends string, P, A, E>(
  job: Job<Type, P, A, E>,
  payload: NoInfer<P>,
  options: Partial<NewJob> = {}
) =>
  Effect.gen(function* () {
    const { tables } = yield* Tables
    const runner = yield* Runner
    const text = yield* Effect.orDie(job.payload.encode(payload))
    made += 1
    const id = `job-${String(made).padStart(6, "0")}`
    const given = { id, type: job.type, partition: made, priority: job.priority, payload: text, isLimited: false }
    const [accepted] = yield* tables.insert([{ ...given, ...options }], { isInTransaction: false, hint: false })
    yield* runner.told
    yield* breathe
    return accepted?.id ?? id
  }).pipe(Effect.orDie)

/** Cancels a job as a caller would. */
export const cancel = (id: string) =>
  Effect.gen(function* () {
    const { tables } = yield* Tables
    const runner = yield* Runner
    yield* tables.cancel(id, { isInTransaction: false, hint: false })
    yield* runner.cancelled(id)
    yield* breathe
  }).pipe(Effect.orDie)

export const status = (id: string): Effect.Effect<JobStatus, never, Tables> =>
  Effect.flatMap(Tables, ({ tables }) => Effect.orDie(Effect.flatten(tables.status(id))))

/** Lets what has something to do at once do it: some turns of the event loop. */
export const breathe: Effect.Effect<void> = Effect.promise(async () => {
  for (let turn = 0; turn < 12; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve))
  }
})

/** Lets so much time pass, in steps, with pauses for what goes on in between. */
export const pass = (ms: number, step = 250): Effect.Effect<void> =>
  Effect.gen(function* () {
    yield* breathe
    for (let passed = 0; passed < ms; passed += step) {
      yield* TestClock.adjust(Math.min(step, ms - passed))
      yield* breathe
    }
  })

/** Waits for an effect while time passes; one that does not end is a defect and no test that hangs. */
export const within = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(effect)
    for (let step = 0; step < 400 && fiber.unsafePoll() === null; step += 1) {
      yield* pass(100, 100)
    }
    return yield* Option.match(Option.fromNullable(fiber.unsafePoll()), {
      onNone: () => Effect.dieMessage("did not end within 40 seconds of the test's clock"),
      onSome: (exit) => exit
    })
  })
