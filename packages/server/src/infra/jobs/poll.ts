/** What a dispatcher finds out from the tables: work that nobody told of, runs that are lost, what has become due. */
import * as Effect from "effect/Effect"
import type { SqlError } from "@effect/sql/SqlError"
import type { DispatchState } from "./dispatch-state.ts"
import { noteHead, noteHeads, runsOf } from "./lane.ts"
import { type RunningJob, stopAll } from "./run.ts"

/** Looks for what nobody told of: work in the tables, and jobs that the tables say run here but do not. */
export const poll = (state: DispatchState): Effect.Effect<void, SqlError> =>
  Effect.gen(function* () {
    const lanes = Array.from(state.lanes.keys())
    for (const head of yield* state.store.heads(lanes)) {
      const lane = state.lanes.get(head.lane)
      if (lane !== undefined) {
        noteHead(lane, head)
      }
    }
    for (const { dueAt, lane: id } of yield* state.store.nextDue(lanes)) {
      const lane = state.lanes.get(id)
      if (lane !== undefined) {
        lane.nextDueAt = Math.min(lane.nextDueAt, dueAt)
      }
    }
    yield* compareRuns(state, lanes)
  })

/**
 * What the tables say runs and what does. Claims are made by this same fiber, so a run that only the tables know was a
 * lost runner's, and one that only this runner knows has lost its job.
 */
const compareRuns = (state: DispatchState, lanes: ReadonlyArray<number>): Effect.Effect<void, SqlError> =>
  Effect.gen(function* () {
    const here = lanes.flatMap((id) => Array.from(state.lanes.get(id)?.runs ?? []))
    const there = yield* state.store.running(lanes)
    const isThere = ({ job }: RunningJob) => there.some(({ id, run }) => id === job.id && run === job.run)
    yield* stopAll(
      here.filter((running) => !isThere(running)),
      "handedOver"
    )
    for (const run of there) {
      const isHere = Array.from(state.lanes.values()).some((lane) =>
        runsOf(lane, run.id).some(({ job }) => job.run === run.run)
      )
      if (!isHere && (yield* state.store.takeOver(run))) {
        state.nextPollAt = 0
      }
    }
  })

/** Makes ready what has become due. */
export const promoteDue = (state: DispatchState, now: number): Effect.Effect<void, SqlError> =>
  Effect.forEach(
    Array.from(state.lanes.values()).filter((lane) => lane.nextDueAt <= now),
    (lane) => {
      const before = lane.nextDueAt
      lane.nextDueAt = Number.POSITIVE_INFINITY
      return Effect.matchEffect(state.store.promote(lane.id), {
        onFailure: (error) => {
          lane.nextDueAt = before
          return Effect.fail(error)
        },
        onSuccess: ({ heads, nextDueAt }) => {
          lane.nextDueAt = Math.min(lane.nextDueAt, nextDueAt ?? Number.POSITIVE_INFINITY)
          noteHeads(lane, heads)
          return Effect.void
        }
      })
    },
    { discard: true }
  )
