/** What the parts of one runner share: its life and places, and how they run statements and wait. */
import type { SqlError } from "@effect/sql/SqlError"
import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Runtime from "effect/Runtime"
import { sliceMs, soon } from "../pause.ts"
import type { CallerOperations, RunnerOperations } from "../store/operations.ts"
import type { Places } from "./places.ts"
import type { Recorder } from "./recorder.ts"
import type { Life } from "./run.ts"
import type { RunnerSettings } from "./settings.ts"

/** What a runner does to the tables. */
export type Tables = RunnerOperations & Pick<CallerOperations, "paused">

/** How a runner is made. */
export interface StateOptions {
  readonly tables: Tables
  readonly settings: RunnerSettings
  readonly recorder: Recorder
  readonly clock: Clock.Clock
  /** Of all fibers of the runner. */
  readonly runtime: Runtime.Runtime<never>
}

/** The state of a runner. All that happens to it ends with a turn, in which its parts do what there is to do. */
export class RunnerState {
  readonly tables: Tables
  readonly settings: RunnerSettings
  readonly recorder: Recorder
  readonly fork: <A, E>(effect: Effect.Effect<A, E>) => Fiber.RuntimeFiber<A, E>
  /** By type. Those whose handler is gone stay until another one comes. */
  readonly places = new Map<string, Places>()
  /** How often each partition is owned: one may come back before it has gone. */
  readonly owned = new Map<number, number>()
  /** Nothing is claimed or begun while it is undefined. */
  life: Life | undefined = undefined
  isStopping = false
  /** Nothing more is claimed: a suspect waits for what runs, or runs. */
  isQuiet = false
  /** Nothing else begins: a suspect runs. */
  isAlone = false
  private readonly clock: Clock.Clock
  /** Of all fibers of the runner. */
  readonly runtime: Runtime.Runtime<never>
  private readonly timers = new Set<Fiber.RuntimeFiber<void>>()
  private parts: ReadonlyArray<() => void> = []
  /** Which of them is next. */
  private next = 0
  private isAwake = false
  private awaited: Array<{ readonly is: () => boolean; readonly happened: () => void }> = []

  constructor({ clock, recorder, runtime, settings, tables }: StateOptions) {
    this.tables = tables
    this.settings = settings
    this.recorder = recorder
    this.clock = clock
    this.runtime = runtime
    this.fork = Runtime.runFork(runtime)
  }

  /** Milliseconds of a clock that nobody sets. */
  now(): number {
    return Number(this.clock.unsafeCurrentTimeNanos()) / 1e6
  }

  /** Makes something at once, that works with the runner's fibers. */
  make<A>(effect: Effect.Effect<A>): A {
    return Runtime.runSync(this.runtime, effect)
  }

  /** What is done in a turn, in this order. */
  inTurn(parts: ReadonlyArray<() => void>): void {
    this.parts = parts
  }

  /** There may be something to do: a turn follows, after what waits in the event loop. */
  readonly wake = (): void => {
    if (!this.isAwake) {
      this.isAwake = true
      soon(this.turn)
    }
  }

  private readonly turn = (): void => {
    this.isAwake = false
    const until = performance.now() + sliceMs
    for (let done = 0; done < this.parts.length; done += 1) {
      const part = this.parts[this.next]
      this.next = (this.next + 1) % this.parts.length
      part?.()
      if (performance.now() > until) {
        // The rest comes after what waits in the event loop.
        this.wake()
        break
      }
    }
    for (const { happened, is } of this.awaited) {
      if (is()) {
        happened()
      }
    }
  }

  /** Waits until something is so; it is looked at after each turn. */
  until(is: () => boolean): Effect.Effect<void> {
    return Effect.async<void>((resume) => {
      const waiting = {
        is,
        happened: () => {
          this.awaited = this.awaited.filter((other) => other !== waiting)
          resume(Effect.void)
        }
      }
      this.awaited.push(waiting)
      this.wake()
      return Effect.sync(() => {
        this.awaited = this.awaited.filter((other) => other !== waiting)
      })
    })
  }

  /** Runs a statement on a fiber of its own; a turn follows its end. */
  ask<A>(statement: Effect.Effect<A, SqlError>, ended: (exit: Exit.Exit<A, SqlError>) => void): void {
    this.fork(statement).addObserver((exit) => {
      ended(exit)
      this.wake()
    })
  }

  /** Does something after so many milliseconds. */
  after(ms: number, act: () => void): Fiber.RuntimeFiber<void> {
    const timer = this.fork(Effect.delay(Effect.sync(act), ms))
    this.timers.add(timer)
    timer.addObserver(() => this.timers.delete(timer))
    return timer
  }

  /** No timer goes off any more. */
  stopTimers(): void {
    for (const timer of this.timers) {
      timer.unsafeInterruptAsFork(FiberId.none)
    }
  }

  /** How many jobs may run at once, of all types together; undefined before there is a handler. */
  get slots(): number | undefined {
    const limits = Array.from(this.places.values(), ({ limit }) => limit)
    return limits.length === 0 ? undefined : limits.reduce((sum, limit) => sum + limit)
  }

  /** The life, if it may begin something: not when the heartbeat was last answered a lease ago. */
  living(now: number): Life | undefined {
    const { life } = this
    return life !== undefined && !life.isOver && now - life.beatAt < this.leaseMs ? life : undefined
  }

  private get leaseMs(): number {
    return Duration.toMillis(this.settings.lease)
  }
}
