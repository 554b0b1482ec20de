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
import type * as Tracer from "effect/Tracer"
import { attempt } from "../../observe/catalogue/attempt.ts"
import { JobCalls } from "./calls.ts"
import { JobsConfig } from "./config.ts"
import type { JobKind } from "./definition/kind.ts"
import { type JobSchedule, JobSchedules } from "./definition/schedules.ts"
import { JobError } from "./error.ts"
import { idAttribute, isTracedNow, linksTo, submitting } from "./spans.ts"
import { JobStore } from "./store.ts"
import type { ReadOperations } from "./store/operations.ts"
import { submissionOf } from "./submit/submission.ts"
import { outliving } from "./transaction.ts"

/** The schedules of this process, on the entities of its cluster. */
export const schedules: Layer.Layer<JobSchedules, never, Sharding.Sharding | JobCalls | JobStore> = Layer.effect(
  JobSchedules,
  Effect.gen(function* () {
    const sharding = yield* Sharding.Sharding
    const { submit } = yield* JobCalls
    const tables = yield* JobStore
    const settings = yield* JobsConfig
    const names = new Set<string>()
    const tick = <P>(schedule: JobSchedule<P>) =>
      Effect.gen(function* () {
        const { cron, kind, payload } = schedule
        const now = yield* Clock.currentTimeMillis
        const traced = yield* isTracedNow
        // What is told late is still of the last tick; one that is told twice is the same job twice.
        const at = Cron.prev(cron, now + 1).getTime()
        const options = { unique: { key: keyOf(schedule, at), for: traced ? untilNext(cron, at) : longestRepeat } }
        const job = Effect.flatMap(payloadOf(kind, payload, at), (value) =>
          submissionOf({ kind, payload: value, options, settings })
        )
        yield* submitting(submit({ type: kind.type, priority: kind.priority }, job), {
          jobType: kind.type,
          attributesOf: ({ id }) => idAttribute(id),
          links: traced ? yield* linksToTickBefore(tables, schedule, at) : []
        })
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

const keyOf = ({ name }: Pick<JobSchedule<never>, "name">, at: number): string => `schedule ${name} ${at}`

/** To the submit of the tick before, while its job and its key are kept. What fails here fails no tick. */
const linksToTickBefore = <P>(
  tables: Pick<ReadOperations, "traceparentByKey">,
  schedule: JobSchedule<P>,
  at: number
): Effect.Effect<ReadonlyArray<Tracer.SpanLink>> =>
  Effect.try(() => Cron.prev(schedule.cron, at).getTime()).pipe(
    Effect.flatMap((before) => tables.traceparentByKey(schedule.kind.type, keyOf(schedule, before))),
    Effect.map((traceparent) => linksTo("previous_run", { traceparent })),
    Effect.orElseSucceed(() => [])
  )

/** For so long the key of a tick is kept where the next one is to find it. */
const untilNext = (cron: Cron.Cron, at: number): Duration.Duration =>
  Duration.sum(longestRepeat, Duration.millis(attempt(() => Cron.next(cron, at).getTime() - at) ?? 0))

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
