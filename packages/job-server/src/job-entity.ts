/**
 * The job server's one kind of entity: each job is an entity of its own, which works on it in attempts and can be told to
 * cancel it. Every message is tracked by the library and witnessed by the ledger.
 */
import * as ClusterSchema from "@effect/cluster/ClusterSchema"
import * as Entity from "@effect/cluster/Entity"
import * as Rpc from "@effect/rpc/Rpc"
import { MetricsService } from "@parametric-portal/server/observe/metrics"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import { attempts } from "./attempts.ts"
import { Board } from "./board.ts"
import { JobPayload } from "./job-payload.ts"
import type { Ledger, MessageFacts } from "./ledger.ts"
import { WorkFailed } from "./work.ts"

/** The job that was to be cancelled does not run. */
export class NotRunning extends Schema.TaggedError<NotRunning>("job-server/NotRunning")("NotRunning", {}) {}

export const JobEntity = Entity.make("Job", [
  Rpc.make("Process", {
    payload: JobPayload.fields,
    primaryKey: ({ id }) => id,
    success: Schema.Literal("completed", "cancelled"),
    error: WorkFailed
  }).annotate(ClusterSchema.Persisted, true),
  Rpc.make("Cancel", { payload: JobPayload.fields, error: NotRunning })
])

/** Tracks and witnesses one message to an entity, or at one. */
export const tracked = (ledger: Ledger, operation: MessageFacts["operation"], message: string) =>
  ledger.witness(MetricsService.trackCluster({ operation, entityType: JobEntity.type, message }), {
    of: "message",
    operation,
    entityType: JobEntity.type,
    message
  })

export const JobEntityLive = JobEntity.toLayer(
  Effect.gen(function* () {
    const board = yield* Board
    const { ledger } = board
    let running: Fiber.RuntimeFiber<string, WorkFailed> | undefined
    return JobEntity.of({
      Process: ({ payload }) =>
        Effect.gen(function* () {
          running = yield* Effect.fork(attempts(payload))
          const exit = yield* Fiber.await(running)
          running = undefined
          yield* board.end(payload.id, exit)
          return yield* Effect.matchCauseEffect(exit, {
            onFailure: (cause) =>
              cause._tag === "Fail" ? Effect.fail(cause.error) : Effect.succeed("cancelled" as const),
            onSuccess: () => Effect.succeed("completed" as const)
          })
        }).pipe(tracked(ledger, "receive", "Process")),

      Cancel: ({ payload: { id, priority, type } }) =>
        Effect.suspend(() => (running === undefined ? new NotRunning() : Effect.asVoid(Fiber.interrupt(running)))).pipe(
          ledger.witness(MetricsService.trackJob({ jobType: type, operation: "cancel", priority }), {
            of: "job",
            operation: "cancel",
            job: id,
            type,
            priority,
            attempt: 1,
            isLast: false
          }),
          tracked(ledger, "receive", "Cancel")
        )
    })
  }),
  { concurrency: "unbounded", maxIdleTime: Duration.seconds(5) }
)
