/**
 * The dispatcher of one runner: takes jobs from the lanes that the runner works on as its slots become free, in the
 * order of the jobs, and runs them.
 */
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import type { SqlError } from "@effect/sql/SqlError"
import { MetricsService } from "../../observe/metrics.ts"
import { runJob } from "./conclude.ts"
import { JobsConfig } from "./config.ts"
import type { DispatchState, Slots } from "./dispatch-state.ts"
import { JobHandlers, type RegisteredHandler } from "./handlers.ts"
import { firstLane, type Lane, noteHead, noteHeads, noteWaiting, openLane, runsOf } from "./lane.ts"
import { poll, promoteDue } from "./poll.ts"
import { makeRecorder } from "./record.ts"
import { makeRun, type RunningJob, stopAll } from "./run.ts"
import type { Waiting } from "./store/accept.ts"
import type { ClaimedJob } from "./store/claim.ts"
import { JobStore } from "./store.ts"

/** The dispatcher of one runner. */
export interface Dispatcher {
  /** Works on a lane until the scope closes; then its runs are handed over. Whoever held it before has lost it. */
  readonly hold: (lane: number) => Effect.Effect<void, SqlError, Scope.Scope>
  readonly isHeld: (lane: number) => boolean
  /**
   * Whether this runner has, or had while it stops, a handler of the type. A runner that starts has its lanes before its
   * handlers, so one that is missing is waited for a little.
   */
  readonly isHandled: (jobType: string) => Effect.Effect<boolean>
  /** A job was brought into a lane. */
  readonly waiting: (job: Waiting) => Effect.Effect<void>
  /** A job was cancelled: interrupts its run, if it runs here. */
  readonly cancelled: (lane: number, jobId: string) => Effect.Effect<void>
}

/** A dispatcher that works until the scope closes. */
export const makeDispatcher: Effect.Effect<Dispatcher, never, JobStore | JobHandlers | MetricsService | Scope.Scope> =
  Effect.gen(function* () {
    const state: DispatchState = {
      store: yield* JobStore,
      recorder: yield* makeRecorder,
      settings: yield* JobsConfig,
      slots: new Map(),
      known: new Set(),
      lanes: new Map(),
      claiming: yield* Effect.makeSemaphore(1),
      work: yield* Effect.makeLatch(true),
      nextPollAt: 0
    }
    yield* Effect.addFinalizer(() => Effect.forEach(Array.from(state.lanes.values()), (lane) => close(state, lane)))
    yield* (yield* JobHandlers).listen({
      added: (handler) => added(state, handler),
      removed: (handler) => removed(state, handler)
    })
    yield* observeSlots(state)
    yield* Effect.forkScoped(Effect.interruptible(Effect.forever(turn(state))))
    return {
      hold: (lane) => hold(state, lane),
      isHeld: (lane) => state.lanes.has(lane),
      isHandled: (jobType) => isHandled(state, jobType),
      waiting: (job) =>
        Effect.flatMap(Clock.currentTimeMillis, (now) => {
          const lane = state.lanes.get(job.lane)
          if (lane === undefined) {
            return Effect.void
          }
          noteWaiting(lane, job, now)
          return state.work.open
        }),
      // Between claims: one that is under way may have taken the job just before it was cancelled.
      cancelled: (lane, jobId) =>
        state.claiming.withPermits(1)(
          Effect.suspend(() => {
            const held = state.lanes.get(lane)
            return held === undefined ? Effect.void : stopAll(runsOf(held, jobId), "cancelled")
          })
        )
    }
  })

const added = (state: DispatchState, handler: RegisteredHandler): Effect.Effect<void> =>
  Effect.suspend(() => {
    state.slots.set(handler.type, { handler, used: 0, abandoned: 0 })
    state.known.add(handler.type)
    state.nextPollAt = 0
    return state.work.open
  })

const removed = (state: DispatchState, handler: RegisteredHandler): Effect.Effect<void> =>
  handOver(state, () => {
    state.slots.delete(handler.type)
    const runs = Array.from(state.lanes.values()).flatMap((lane) => Array.from(lane.runs))
    return runs.filter(({ job }) => job.jobType === handler.type)
  })

const isHandled = ({ known }: DispatchState, jobType: string): Effect.Effect<boolean> =>
  Effect.repeat(
    Effect.sync(() => known.has(jobType)),
    { schedule: Schedule.intersect(Schedule.spaced("100 millis"), Schedule.recurs(20)), until: (is) => is }
  ).pipe(Effect.map(() => known.has(jobType)))

const hold = (state: DispatchState, id: number): Effect.Effect<void, SqlError, Scope.Scope> =>
  Effect.asVoid(
    Effect.acquireRelease(
      Effect.gen(function* () {
        const lost = yield* state.store.takeOverLane(id)
        if (lost > 0) {
          yield* Effect.logInfo(`Took over ${lost} jobs of lane ${id} from a runner that was lost`)
        }
        const lane = openLane(id)
        noteHeads(lane, yield* state.store.heads([id]))
        state.lanes.set(id, lane)
        yield* state.work.open
        return lane
      }),
      (lane) => close(state, lane)
    )
  )

const close = (state: DispatchState, lane: Lane): Effect.Effect<void> =>
  handOver(state, () => {
    if (state.lanes.get(lane.id) === lane) {
      state.lanes.delete(lane.id)
    }
    return Array.from(lane.runs)
  })

/** Gives up what the runs belong to, between claims, and waits for their ends. */
const handOver = ({ claiming }: DispatchState, giveUp: () => ReadonlyArray<RunningJob>): Effect.Effect<void> =>
  Effect.flatMap(claiming.withPermits(1)(Effect.sync(giveUp)), (runs) =>
    Effect.zipRight(
      stopAll(runs, "handedOver"),
      Effect.forEach(runs, ({ ended }) => Deferred.await(ended), { discard: true })
    )
  )

/** One turn: everything that can be done now, then a pause until there may be more. */
const turn = (state: DispatchState): Effect.Effect<void, never, MetricsService> =>
  Effect.gen(function* () {
    yield* state.work.close
    const now = yield* Clock.currentTimeMillis
    const worked = Effect.gen(function* () {
      if (now >= state.nextPollAt) {
        yield* poll(state)
        state.nextPollAt = now + Duration.toMillis(state.settings.pollEvery)
      }
      yield* promoteDue(state, now)
      yield* Effect.forEach(Array.from(state.slots.values()), (slots) => fill(state, slots), { discard: true })
    })
    yield* Effect.catchAllCause(worked, (cause) =>
      Effect.zipRight(
        Effect.logWarning("Jobs could not be taken; trying again in a second", cause),
        Effect.sleep("1 second")
      )
    )
    const nextDueAt = Math.min(state.nextPollAt, ...Array.from(state.lanes.values(), (lane) => lane.nextDueAt))
    const pause = Math.max(0, nextDueAt - (yield* Clock.currentTimeMillis))
    yield* Effect.timeoutOption(state.work.await, pause)
  })

/** Claims and starts jobs of one kind until its slots are used or nothing of it is ready. */
const fill = (state: DispatchState, slots: Slots): Effect.Effect<void, SqlError, MetricsService> =>
  Effect.gen(function* () {
    const { slots: limit, type: jobType } = slots.handler
    const claimNext = Effect.suspend(() => {
      const lane = state.slots.get(jobType) === slots ? firstLane(state.lanes.values(), jobType) : undefined
      return lane === undefined ? Effect.succeed(false) : Effect.as(claimAndStart(state, slots, lane), true)
    })
    while (slots.used < limit && (yield* Effect.uninterruptible(state.claiming.withPermits(1)(claimNext)))) {
      // Each turn of the loop claims from the lane that comes first then.
    }
  })

const claimAndStart = (state: DispatchState, slots: Slots, lane: Lane): Effect.Effect<void, SqlError, MetricsService> =>
  Effect.suspend(() => {
    const { type: jobType } = slots.handler
    const limit = slots.handler.slots - slots.used
    const rank = lane.heads.get(jobType) ?? Number.NEGATIVE_INFINITY
    lane.heads.delete(jobType)
    const claim = state.store.claim({ lane: lane.id, jobType, limit, holder: state.settings.runnerName })
    return Effect.matchEffect(claim, {
      onFailure: (error) => {
        noteHead(lane, { jobType, rank })
        return Effect.fail(error)
      },
      onSuccess: ({ jobs, nextRank }) => {
        if (nextRank !== undefined) {
          noteHead(lane, { jobType, rank: nextRank })
        }
        return Effect.forEach(jobs, (job) => start(state, slots, { lane, job }), { discard: true })
      }
    })
  })

const start = (
  state: DispatchState,
  slots: Slots,
  { job, lane }: { readonly lane: Lane; readonly job: ClaimedJob }
): Effect.Effect<void, never, MetricsService> =>
  Effect.suspend(() => {
    const running = makeRun(job, slots)
    const { handler } = slots
    // What another runner took from this one and gave back: the earlier run can no longer say how the job ended.
    const lost = runsOf(lane, job.id)
    slots.used += 1
    lane.runs.add(running)
    const run = Effect.forkDaemon(
      Effect.flatMap(runJob(running, { ...state, handler }), (settled) => {
        slots.used -= 1
        lane.runs.delete(running)
        if (settled._tag === "Some" && settled.value._tag === "Retrying") {
          lane.nextDueAt = Math.min(lane.nextDueAt, settled.value.dueAt)
        }
        return Effect.zipRight(Deferred.succeed(running.ended, undefined), state.work.open)
      })
    )
    return Effect.zipRight(stopAll(lost, "handedOver"), run)
  })

const observeSlots = ({ slots }: DispatchState): Effect.Effect<void, never, MetricsService | Scope.Scope> =>
  Effect.flatMap(MetricsService, ({ jobs }) =>
    MetricsService.observe(jobs.slots, () =>
      Array.from(slots.values()).flatMap(({ abandoned, handler, used }) => [
        { labels: { job_type: handler.type, state: "used" }, value: used },
        { labels: { job_type: handler.type, state: "limit" }, value: handler.slots },
        { labels: { job_type: handler.type, state: "abandoned" }, value: abandoned }
      ])
    )
  )
