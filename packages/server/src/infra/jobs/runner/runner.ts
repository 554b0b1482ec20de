/**
 * One runner: takes jobs of the partitions that it owns out of the tables and runs them. Ownership hurries; what
 * decides is the fence of each job, so that two runners that own the same partition are no harm.
 */
import type { SqlError } from "@effect/sql/SqlError"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import * as Option from "effect/Option"
import * as Runtime from "effect/Runtime"
import * as RuntimeFlags from "effect/RuntimeFlags"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import { MetricsService } from "../../../observe/metrics.ts"
import { outliving } from "../transaction.ts"
import { JobHandlers, type RegisteredHandler } from "../definition/handlers.ts"
import { Attempts } from "./attempts.ts"
import { Claims } from "./claims.ts"
import { Ends } from "./ends.ts"
import { heartbeat } from "./heartbeat.ts"
import { follow } from "./listen.ts"
import { Places } from "./places.ts"
import { makeRecorder } from "./message-recorder.ts"
import type { Life } from "./run.ts"
import type { RunnerSettings } from "./settings.ts"
import { RunnerState, type Tables } from "./state.ts"
import { Suspects } from "./suspects.ts"
import { count, makeLook, poll, sweep, type Swept } from "./sweeps.ts"

/** How to make a runner. */
export interface RunnerOptions {
  readonly tables: Tables
  readonly settings: RunnerSettings
  /** What other processes tell, where the database has a channel for it. */
  readonly hints?: Stream.Stream<string, SqlError> | undefined
}

/** A runner. */
export interface Runner {
  /** Works on a partition until the scope closes. What runs then goes on: it is held, whoever owns the partition. */
  readonly own: (partition: number) => Effect.Effect<void, never, Scope.Scope>
  /** The partitions that it works on. */
  readonly owned: Effect.Effect<ReadonlyArray<number>>
  /** A job was committed by this process. */
  readonly told: Effect.Effect<void>
  /** A job was cancelled, and it was committed: its handler is interrupted, if it runs here. */
  readonly cancelled: (id: string) => Effect.Effect<void>
  /** A job may have been cancelled: it is looked at soon what is still held. */
  readonly perhapsCancelled: Effect.Effect<void>
}

/** A runner that works until the scope closes. It begins once its life is in the tables, however long that takes. */
export const makeRunner = (
  options: RunnerOptions
): Effect.Effect<Runner, never, JobHandlers | MetricsService | Scope.Scope> =>
  Effect.gen(function* () {
    const state = yield* makeState(options)
    const parts = partsOf(state)
    const handlers = yield* JobHandlers
    const loops = [
      heartbeat(state, (life) => over(parts, state, life)),
      sweep(state, parts),
      poll(state, parts),
      count(state),
      ...(options.hints === undefined ? [] : [follow(options.hints, (hint) => hinted(state, parts, hint))])
    ]
    yield* Effect.acquireRelease(
      Effect.sync(() => loops.map((loop) => state.fork(loop))),
      // What is released is not interruptible, and no time limit would hold.
      (fibers) => Effect.flatMap(Effect.forkDaemon(Effect.interruptible(stop(state, parts, fibers))), Fiber.await)
    )
    yield* handlers.listen({
      added: (handler) => Effect.sync(() => added(state, parts, handler)),
      removed: (handler) => removed(state, parts, handler)
    })
    yield* observePlaces(state)
    return {
      own: (partition) => own(state, parts, partition),
      owned: Effect.sync(() => Array.from(state.owned.keys())),
      told: Effect.sync(() => parts.claims.told()),
      cancelled: (id) => Effect.sync(() => cancel(state, parts, id)),
      perhapsCancelled: makeLook(state, parts)
    }
  })

const makeState = ({ settings, tables }: RunnerOptions): Effect.Effect<RunnerState, never, MetricsService> =>
  Effect.gen(function* () {
    const clock = yield* Effect.clock
    const ambient = yield* FiberRef.get(FiberRef.currentMetricLabels)
    const runtime = yield* outliving(Effect.runtime<never>())
    return new RunnerState({
      tables,
      settings,
      clock,
      recorder: makeRecorder(yield* MetricsService, { clock, ambient, span: undefined }, settings),
      // A layer is built where nothing interrupts it, perhaps in a transaction; how a handler ends is looked at anyway.
      runtime: runtime.pipe(
        Runtime.enableRuntimeFlag(RuntimeFlags.Interruption),
        Runtime.setFiberRef(FiberRef.unhandledErrorLogLevel, Option.none())
      )
    })
  })

const partsOf = (state: RunnerState): Swept => {
  const ends = new Ends(state, (ms) => claims.dueIn(ms))
  const claims = new Claims(state, ends)
  const attempts = new Attempts(state, ends)
  const suspects = new Suspects(state, { claims, attempts, ends })
  state.inTurn([attempts.turn, suspects.turn, claims.turn])
  return { ends, claims, attempts, suspects }
}

const added = (state: RunnerState, { claims }: Swept, handler: RegisteredHandler): void => {
  state.places.set(handler.type, new Places(handler))
  claims.told()
}

/** Ends when no attempt of the handler runs any more. */
const removed = (state: RunnerState, { attempts, ends }: Swept, handler: RegisteredHandler): Effect.Effect<void> =>
  Effect.suspend(() => {
    const places = state.places.get(handler.type)
    if (places === undefined) {
      return Effect.void
    }
    places.isOpen = false
    releaseBuffer(places, ends)
    attempts.stopAll((run) => run.places === places)
    return state.until(() => places.used === 0)
  })

const releaseBuffer = ({ ready }: Places, ends: Ends): void => {
  for (const run of ready) {
    ends.release(run)
  }
}

const own = (state: RunnerState, { claims }: Swept, partition: number): Effect.Effect<void, never, Scope.Scope> => {
  const change = (by: number) =>
    Effect.sync(() => {
      const times = (state.owned.get(partition) ?? 0) + by
      if (times > 0) {
        state.owned.set(partition, times)
      } else {
        state.owned.delete(partition)
      }
      claims.told()
    })
  return Effect.acquireRelease(change(1), () => change(-1))
}

const hinted = (state: RunnerState, parts: Swept, hint: string): void =>
  hint.startsWith("c ") ? cancel(state, parts, hint.slice(2)) : parts.claims.told()

const cancel = ({ life }: RunnerState, { attempts, claims, ends }: Swept, id: string): void => {
  claims.noteCancelled(id)
  for (const run of life?.runs ?? []) {
    if (run.job.id !== id) {
      continue
    }
    if (run.stage === "working") {
      attempts.stop(run, "cancelled")
    } else if (run.stage === "marking") {
      run.order = "cancelled"
    } else if (run.stage !== "ending") {
      ends.forgo(run)
    }
  }
}

/** A life is over: what it runs is interrupted, and nothing of that is written. */
const over = ({ attempts, ends }: Swept, state: RunnerState, life: Life): void => {
  life.isOver = true
  state.life = undefined
  for (const run of life.runs) {
    if (run.stage === "working") {
      attempts.stop(run, "lost")
    } else if (run.stage === "suspect" || run.stage === "ready") {
      ends.forgo(run)
    }
    // What is in a statement is counted as the tables answer, which accept nothing of a run that others have taken.
  }
  state.wake()
}

/**
 * Gives back what has not begun, interrupts what runs, and writes how it ended; not longer than the database lets it.
 */
const stop = (state: RunnerState, parts: Swept, loops: ReadonlyArray<Fiber.RuntimeFiber<never>>): Effect.Effect<void> =>
  Effect.gen(function* () {
    state.isStopping = true
    for (const places of state.places.values()) {
      releaseBuffer(places, parts.ends)
    }
    parts.attempts.stopAll(() => true)
    const { interruptGrace } = state.settings
    const isDone = (): boolean => !parts.claims.isClaiming && (state.life?.runs.size ?? 0) === 0
    yield* state.until(() => parts.attempts.areOver)
    yield* Effect.timeoutOption(state.until(isDone), Duration.sum(interruptGrace, "1 second"))
    yield* Effect.timeoutOption(Effect.disconnect(Fiber.interruptAll(loops)), "1 second")
    const { life } = state
    if (life !== undefined) {
      state.life = undefined
      yield* Effect.timeoutOption(Effect.disconnect(state.tables.finish(life.id)), interruptGrace).pipe(
        Effect.catchAllCause((cause) => Effect.logWarning("The end of a runner could not be written", cause))
      )
    }
    state.stopTimers()
  })

const observePlaces = ({ places }: RunnerState): Effect.Effect<void, never, MetricsService | Scope.Scope> =>
  Effect.flatMap(MetricsService, ({ jobs }) =>
    MetricsService.observe(jobs.slots, () =>
      Array.from(places.values()).flatMap(({ abandoned, handler, isOpen, limit, used }) =>
        isOpen
          ? [
              { labels: { job_type: handler.type, state: "used" }, value: used },
              { labels: { job_type: handler.type, state: "limit" }, value: limit },
              { labels: { job_type: handler.type, state: "abandoned" }, value: abandoned }
            ]
          : []
      )
    )
  )
