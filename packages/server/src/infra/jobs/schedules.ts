/**
 * Schedules by `ClusterCron`: each tick is a submission, and nothing else, so that a failure is the job's to be seen.
 */
import * as ClusterCron from "@effect/cluster/ClusterCron"
import * as Sharding from "@effect/cluster/Sharding"
import * as Clock from "effect/Clock"
import * as Cron from "effect/Cron"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import { JobCalls } from "./calls.ts"
import { JobsConfig } from "./config.ts"
import type { JobKind } from "./definition/kind.ts"
import { type JobSchedule, JobSchedules } from "./definition/schedules.ts"
import { JobError } from "./error.ts"
import { submissionOf } from "./submit/submission.ts"
import { outliving } from "./transaction.ts"

/** The schedules of this process, on the entities of its cluster. */
export const schedules: Layer.Layer<JobSchedules, never, Sharding.Sharding | JobCalls> = Layer.effect(
  JobSchedules,
  Effect.gen(function* () {
    const sharding = yield* Sharding.Sharding
    const { submit } = yield* JobCalls
    const { maxPayloadLength } = yield* JobsConfig
    const names = new Set<string>()
    const tick = <P>({ cron, kind, name, payload }: JobSchedule<P>) =>
      Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        // What is told late is still of the last tick; one that is told twice is the same job twice.
        const at = Cron.prev(cron, now + 1).getTime()
        const options = { unique: { key: `schedule ${name} ${at}`, for: longestRepeat } }
        const job = Effect.flatMap(payloadOf(kind, payload, at), (value) =>
          submissionOf({ kind, payload: value, options, maxPayloadLength })
        )
        yield* submit({ type: kind.type, priority: kind.priority }, job)
      }).pipe(Effect.retry({ schedule: patience, while: (error) => error.isRetryable }))
    return {
      register: (schedule) =>
        Effect.gen(function* () {
          const name = schedule.name === "" ? schedule.kind.type : `${schedule.kind.type}/${schedule.name}`
          if (names.has(name)) {
            return yield* Effect.dieMessage(`There is a schedule "${name}" already; give this one a name of its own`)
          }
          yield* Effect.acquireRelease(
            Effect.sync(() => names.add(name)),
            () => Effect.sync(() => names.delete(name))
          )
          const cron = ClusterCron.make({ name: `job/${name}`, cron: schedule.cron, execute: tick(schedule) })
          yield* outliving(Layer.build(Layer.provide(cron, Layer.succeed(Sharding.Sharding, sharding))))
          yield* outliving(Effect.forkScoped(atEachTick(schedule.cron, sharding.pollStorage)))
        })
    }
  })
)

/** Does this as each tick comes, while the cluster itself looks for messages that are due every ten seconds. */
const atEachTick = (cron: Cron.Cron, look: Effect.Effect<void>): Effect.Effect<void> =>
  Clock.currentTimeMillis.pipe(
    Effect.flatMap((now) => Effect.try(() => Cron.next(cron, now).getTime() - now)),
    // A timer may be a millisecond early, and is none where it is too long.
    Effect.flatMap((ms) => Effect.sleep(Math.min(ms + 1, longestTimer))),
    Effect.zipRight(look),
    Effect.forever,
    Effect.ignore
  )

const longestTimer = Duration.toMillis(Duration.days(1))

/** A message of the cluster is delivered again within this time, if it is. */
const longestRepeat = Duration.days(1)

/** About a minute. */
const patience = Schedule.intersect(Schedule.spaced("2 seconds"), Schedule.recurs(30))

const payloadOf = <P>(
  { payload, type }: JobKind<P>,
  make: ((at: number) => P) | undefined,
  at: number
): Effect.Effect<P, JobError> =>
  Effect.mapError(
    Effect.suspend((): Effect.Effect<P, unknown> =>
      make === undefined ? payload.decode("") : Effect.try(() => make(at))
    ),
    (cause) =>
      new JobError({ reason: "Validation", message: "The payload of a schedule can't be made", jobType: type, cause })
  )
