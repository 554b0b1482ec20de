/**
 * What a runner looks for in the tables by itself: jobs that it lost or does not know that it holds, jobs of runners
 * that are gone, what transactions of callers did, types that were paused, and work that nobody told of.
 */
import type { SqlError } from "@effect/sql/SqlError"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Fence, HeldFence } from "../store/operations.ts"
import type { OtherDatabase } from "../store/other-database.ts"
import type { Attempts } from "./attempts.ts"
import type { Claims } from "./claims.ts"
import type { Ends } from "./ends.ts"
import { beatsInLease } from "./heartbeat.ts"
import type { Life, Run } from "./run.ts"
import { released } from "./settlement.ts"
import type { RunnerState } from "./state.ts"
import type { Suspects } from "./suspects.ts"

/** The parts of a runner that sweeps tell of what they find. */
export interface Swept {
  readonly claims: Claims
  readonly attempts: Attempts
  readonly ends: Ends
  readonly suspects: Suspects
}

/** Sweeps without end, as often as the heart beats. */
export const sweep = (state: RunnerState, parts: Swept): Effect.Effect<never> => {
  const strangers = new Strangers()
  return Effect.forever(
    Effect.gen(function* () {
      yield* Effect.sleep(Duration.toMillis(state.settings.lease) / beatsInLease)
      yield* orLater(compare(state, parts, strangers))
      yield* orLater(takeOver(state, parts))
    })
  )
}

/** Looks soon which jobs were lost. */
export const makeLook = (state: RunnerState, parts: Swept): Effect.Effect<void> => {
  let isAbout = false
  const look = Effect.ensuring(
    orLater(Effect.asVoid(loseWhatIsNotHeld(state, parts))),
    Effect.sync(() => {
      isAbout = false
    })
  )
  return Effect.sync(() => {
    if (!isAbout && !state.isStopping) {
      isAbout = true
      state.fork(look)
    }
  })
}

/** Polls without end. */
export const poll = (state: RunnerState, parts: Swept): Effect.Effect<never> =>
  Effect.forever(
    Effect.gen(function* () {
      parts.claims.told()
      parts.suspects.look()
      giveBackIdle(state, parts.ends)
      yield* orLater(takePaused(state, parts))
      yield* Effect.sleep(state.settings.pollInterval)
    })
  )

/** Counts without end what transactions of callers did; no work waits for it. */
export const count = (state: RunnerState): Effect.Effect<never> =>
  Effect.forever(Effect.zipRight(orLater(countUncounted(state)), Effect.sleep(state.settings.pollInterval)))

const orLater = (looked: Effect.Effect<void, SqlError | OtherDatabase>): Effect.Effect<void> =>
  Effect.catchAllCause(looked, (cause) => Effect.logDebug("The tables of jobs could not be read; later again", cause))

/** Held in the tables and not known here, in two looks one after the other: the answer of a claim was lost. */
class Strangers {
  private before = new Set<string>()
  private counted = new Set<string>()

  /** Those of these that were there in the last look too. */
  seen(fences: ReadonlyArray<HeldFence>): ReadonlyArray<HeldFence> {
    const { before } = this
    this.before = new Set(fences.map(keyOf))
    return fences.filter((fence) => before.has(keyOf(fence)))
  }

  /** Those of these that have begun and are told for the first time. */
  notCounted(fences: ReadonlyArray<HeldFence>): ReadonlyArray<HeldFence> {
    const begun = fences.filter(({ isStarted }) => isStarted)
    const { counted } = this
    this.counted = new Set(begun.map(keyOf))
    return begun.filter((fence) => !counted.has(keyOf(fence)))
  }
}

const keyOf = ({ id, run }: Fence): string => `${id} ${run}`

/** What the tables say is held, and what is: a run that has lost its job is stopped. */
const compare = (state: RunnerState, parts: Swept, strangers: Strangers): Effect.Effect<void, SqlError> =>
  Effect.flatMap(loseWhatIsNotHeld(state, parts), (found) => {
    if (found === undefined) {
      return Effect.void
    }
    const { life, rows } = found
    const known = new Set(Array.from(life.runs, ({ job }) => keyOf(job)))
    const unknown = strangers.seen(rows.filter((row) => !known.has(keyOf(row))))
    // That they began is a fact, whatever becomes of giving them back.
    strangers.notCounted(unknown).forEach((job) => state.recorder.neverBegun({ job }))
    return unknown.length === 0 ? Effect.void : giveBack(state, life, unknown)
  })

/** What the tables say is held by this life; a run that is not is stopped. */
const loseWhatIsNotHeld = (
  state: RunnerState,
  parts: Swept
): Effect.Effect<{ readonly life: Life; readonly rows: ReadonlyArray<HeldFence> } | undefined, SqlError> =>
  Effect.suspend(() => {
    const { life } = state
    const askedAt = state.now()
    if (life === undefined) {
      return Effect.succeed(undefined)
    }
    return Effect.map(state.tables.held(life.id), (rows) => {
      const held = new Set(rows.map(keyOf))
      for (const run of life.runs) {
        if (run.claimedAt < askedAt && !held.has(keyOf(run.job))) {
          lose(run, parts)
        }
      }
      return { life, rows }
    })
  })

const lose = (run: Run, { attempts, ends }: Swept): void => {
  if (run.stage === "working") {
    attempts.stop(run, "lost")
  } else if (run.stage === "suspect" || run.stage === "ready") {
    ends.forgo(run)
  }
}

const giveBack = (state: RunnerState, life: Life, held: ReadonlyArray<HeldFence>): Effect.Effect<void, SqlError> => {
  const ends = held.map(({ attempt, id, run }) => ({ id, run, attempt, settlement: released.settlement }))
  return Effect.asVoid(state.tables.end(life.id, ends))
}

const takeOver = (state: RunnerState, parts: Swept): Effect.Effect<void, SqlError> => {
  const { lease, maxLosses } = state.settings
  return Effect.flatMap(state.tables.takeOver(Duration.toMillis(lease), maxLosses), (found) => {
    const jobs = found.dead + found.suspects + found.untouched
    if (jobs === 0) {
      return Effect.void
    }
    parts.claims.told()
    parts.suspects.look()
    const said = Effect.logInfo(`Took over ${jobs} jobs of runners that are gone; ${found.suspects} run again alone`)
    return Effect.zipRight(said, jobs < mostTakenOver ? Effect.void : takeOver(state, parts))
  })
}

const mostTakenOver = 500

const takePaused = (state: RunnerState, { claims }: Swept): Effect.Effect<void, SqlError | OtherDatabase> =>
  Effect.map(state.tables.paused, (types) => {
    const paused = new Set(types)
    for (const places of state.places.values()) {
      const isPaused = paused.has(places.handler.type)
      if (places.isPaused !== isPaused) {
        places.isPaused = isPaused
        claims.told()
      }
    }
  })

/** What has waited here for long, while all places are busy, may find one elsewhere. */
const giveBackIdle = (state: RunnerState, ends: Ends): void => {
  const now = state.now()
  const pollMs = Duration.toMillis(state.settings.pollInterval)
  for (const places of state.places.values()) {
    if (places.free === 0) {
      places.ready.filter(({ claimedAt }) => now - claimedAt > pollMs).forEach((run) => ends.release(run))
    }
  }
}

const countUncounted = (state: RunnerState): Effect.Effect<void, SqlError> =>
  Effect.suspend(() => {
    const { life } = state
    if (life === undefined) {
      return Effect.void
    }
    // What is taken is counted, also where the runner stops meanwhile.
    const counted = Effect.uninterruptible(
      Effect.tap(state.tables.takeUncounted(life.id), (rows) => Effect.sync(() => state.recorder.uncounted(rows)))
    )
    return Effect.flatMap(counted, (rows) => (rows.length === 0 ? Effect.void : countUncounted(state)))
  })
