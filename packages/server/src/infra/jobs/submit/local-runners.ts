/** The runners of this process: they are told directly of what happened here, so that they need not wait for a poll. */
import * as Context from "effect/Context"

/** What a runner is told, after it was committed. Nothing depends on it: what it is not told, its next poll finds. */
export interface LocalRunner {
  /** Jobs were submitted or replayed, to be run now or later. */
  readonly waiting: () => void
  /** Jobs were cancelled, perhaps some that it runs. */
  readonly cancelled: (ids: ReadonlyArray<string>) => void
  /** A transaction has cancelled a job and may be committed: before, the database lets nobody look. */
  readonly perhapsCancelled: () => void
}

/** The runners of this process, of any database: one that has nothing to do with what it is told finds nothing. */
export class LocalRunners extends Context.Reference<LocalRunners>()("@parametric-portal/server/LocalRunners", {
  defaultValue: (): Set<LocalRunner> => new Set()
}) {}
