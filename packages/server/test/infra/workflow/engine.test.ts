import * as ClusterWorkflowEngine from "@effect/cluster/ClusterWorkflowEngine"
import * as MessageStorage from "@effect/cluster/MessageStorage"
import { Activity, DurableClock, DurableDeferred, Workflow, WorkflowEngine } from "@effect/workflow"
import { expect, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Logger, LogLevel, Ref, Schema, TestClock } from "effect"
import { describe } from "vitest"
import { WorkflowMetrics } from "../../../src/infra/workflow.ts"
import * as Testing from "../../../src/observe/testing.ts"
import { config, moved, plainRunner, ready, settle, watchedRunner } from "../cluster/test-cluster.ts"

class Declined extends Schema.TaggedError<Declined>()("Declined", {}) {}

const Approval = DurableDeferred.make("Approval")

const Order = Workflow.make({
  name: "Order",
  payload: { id: Schema.String },
  success: Schema.Number,
  error: Declined,
  idempotencyKey: ({ id }) => id
})

const charges = Effect.runSync(Ref.make(0))

const charge = (id: string) =>
  Activity.make({
    name: "Charge",
    success: Schema.Number,
    error: Declined,
    execute: Effect.flatMap(Activity.CurrentAttempt, (attempt) =>
      Effect.zipRight(
        Ref.update(charges, (n) => n + 1),
        id === "declined" || (id === "retried" && attempt < 3)
          ? new Declined()
          : Effect.delay(Effect.succeed(attempt), 250)
      )
    )
  })

const OrderLive = Order.toLayer(({ id }) =>
  Effect.gen(function* () {
    const attempt = yield* Activity.retry(charge(id), { times: id === "retried" ? 3 : 0 })
    if (id === "dead") {
      return yield* Effect.die(new TypeError("dead"))
    }
    if (id === "approved" || id === "interrupted") {
      yield* DurableDeferred.await(Approval)
    }
    if (id === "slept") {
      yield* DurableClock.sleep({ name: "nap", duration: "5 seconds", inMemoryThreshold: "1 second" })
    }
    return attempt
  })
)

const run = <A, E, R>(effect: Effect.Effect<A, E, R>, ms = 2000) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(effect)
    yield* Effect.repeat(Effect.zipRight(TestClock.adjust(500), settle), {
      until: () => fiber.unsafePoll() !== null,
      times: ms / 500
    })
    return yield* Fiber.await(fiber)
  })

const named = (name: string, outcome?: string) =>
  `${name}{${outcome === undefined ? "" : `outcome="${outcome}",`}workflow="Order"}`
const attempts = (outcome?: string) =>
  `workflow_activity_attempts_total{activity="Charge",${outcome === undefined ? "" : `outcome="${outcome}",`}workflow="Order"}`
const executions = "workflow_executions_total"

const engines = {
  memory: WorkflowEngine.layerMemory,
  cluster: ClusterWorkflowEngine.layer.pipe(
    Layer.provide(plainRunner()),
    Layer.provide(MessageStorage.layerMemory),
    Layer.provide(config())
  )
}

for (const [name, engine] of Object.entries(engines)) {
  const watched = OrderLive.pipe(Layer.provideMerge(WorkflowMetrics.layer()), Layer.provide(engine))
  const withEngine = <A, E>(test: Effect.Effect<A, E, WorkflowEngine.WorkflowEngine | Testing_>) =>
    Effect.zipRight(Ref.set(charges, 0), Effect.zipRight(ready, test)).pipe(
      Effect.provide(watched),
      Effect.provide(Testing.layer()),
      Effect.provide(Logger.minimumLogLevel(LogLevel.None))
    )

  describe(`workflows on the engine in ${name}`, () => {
    it.effect("counts and times a run and its activity", () =>
      withEngine(
        Effect.gen(function* () {
          yield* run(Order.execute({ id: "plain" }))
          expect(yield* moved(executions, "workflow_activity_attempts_total")).toEqual({
            [named(executions)]: 1,
            [attempts()]: 1
          })
          const snapshot = yield* Testing.snapshot
          expect(snapshot[named("workflow_duration_seconds")]).toMatchObject({ count: 1, sum: expect.closeTo(0.25, 1) })
          expect(snapshot['workflow_activity_seconds{activity="Charge",workflow="Order"}']).toMatchObject({
            count: 1,
            sum: 0.25
          })
        })
      )
    )

    it.effect("counts each real attempt of an activity, and the failure of the run", () =>
      withEngine(
        Effect.gen(function* () {
          yield* run(Order.execute({ id: "retried" }), 4000)
          yield* run(Order.execute({ id: "declined" }), 4000)
          expect(yield* Ref.get(charges)).toBe(4)
          expect(yield* moved(executions, "workflow_activity_attempts_total")).toEqual({
            [named(executions)]: 1,
            [named(executions, "failure")]: 1,
            [attempts()]: 1,
            [attempts("failure")]: 3
          })
        })
      )
    )

    it.effect("counts a run that dies", () =>
      withEngine(
        Effect.gen(function* () {
          yield* run(Order.execute({ id: "dead" }))
          expect(yield* moved(executions)).toEqual({ [named(executions, "defect")]: 1 })
        })
      )
    )

    it.effect("tells a suspension from the end, and does not count what replays", () =>
      withEngine(
        Effect.gen(function* () {
          const executionId = yield* Order.execute({ id: "approved" }, { discard: true })
          yield* run(Effect.sleep(2000), 3000)
          expect(yield* moved(executions)).toEqual({ [named(executions, "suspended")]: 1 })
          const token = DurableDeferred.tokenFromExecutionId(Approval, { workflow: Order, executionId })
          yield* run(DurableDeferred.succeed(Approval, { token, value: undefined }), 4000)
          yield* run(Order.execute({ id: "approved" }), 8000)
          expect(yield* moved(executions, "workflow_activity_attempts_total")).toEqual({
            [named(executions, "suspended")]: 1,
            [named(executions)]: 1,
            [attempts()]: 1
          })
          expect(yield* Ref.get(charges)).toBe(1)
        })
      )
    )

    it.effect("tells an interruption from a suspension", () =>
      withEngine(
        Effect.gen(function* () {
          const executionId = yield* Order.execute({ id: "interrupted" }, { discard: true })
          yield* run(Effect.sleep(2000), 3000)
          yield* run(Order.interrupt(executionId), 6000)
          yield* run(Effect.sleep(6000), 8000)
          expect(yield* moved(executions)).toEqual({
            [named(executions, "suspended")]: 1,
            [named(executions, "interrupted")]: 1
          })
        })
      )
    )
  })
}

type Testing_ = Layer.Layer.Success<ReturnType<typeof Testing.layer>>

it.effect("counts workflows here and not among the entities of the cluster", () =>
  Effect.gen(function* () {
    yield* Effect.gen(function* () {
      yield* ready
      yield* run(Order.execute({ id: "slept" }), 20_000)
    }).pipe(
      Effect.provide(
        OrderLive.pipe(
          Layer.provideMerge(WorkflowMetrics.layer()),
          Layer.provide(ClusterWorkflowEngine.layer),
          Layer.provide(watchedRunner()),
          Layer.provide(MessageStorage.layerMemory),
          Layer.provide(config())
        )
      )
    )
    const snapshot = yield* moved()
    expect(Object.keys(snapshot).filter((text) => text.startsWith("cluster_"))).toEqual([])
    expect(snapshot).toMatchObject({ [named(executions, "suspended")]: 1, [named(executions)]: 1, [attempts()]: 1 })
  }).pipe(Effect.provide(Testing.layer()), Effect.provide(Logger.minimumLogLevel(LogLevel.None)))
)
