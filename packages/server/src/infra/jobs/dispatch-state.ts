/** What the dispatcher of one runner knows. */
import type * as Effect from "effect/Effect"
import type { JobsSettings } from "./config.ts"
import type { RegisteredHandler } from "./handlers.ts"
import type { Lane } from "./lane.ts"
import type { Recorder } from "./record.ts"
import type { LeftBehind } from "./run.ts"
import type { JobStore } from "./store.ts"

/** The slots of one kind of job on this runner. */
export interface Slots extends LeftBehind {
  readonly handler: RegisteredHandler
  used: number
}

/** Its handlers, its lanes, and when it looks next. */
export interface DispatchState {
  readonly store: typeof JobStore.Service
  readonly recorder: Recorder
  readonly settings: JobsSettings
  readonly slots: Map<string, Slots>
  /** All types that there has been a handler of. */
  readonly known: Set<string>
  readonly lanes: Map<number, Lane>
  /** Held while jobs are claimed and started: what closes meanwhile sees all the runs that it has to hand over. */
  readonly claiming: Effect.Semaphore
  /** Open when there may be something to do. */
  readonly work: Effect.Latch
  nextPollAt: number
}
