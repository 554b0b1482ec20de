// Measures a workflow of @effect/workflow: its executions, and the activities that really ran.
// Run: OTEL_METRICS_EXPORTER=console npx tsx workflow.ts
import { NodeRuntime } from "@effect/platform-node"
import { Activity, Workflow, WorkflowEngine } from "@effect/workflow"
import { WorkflowMetrics } from "@parametric-portal/server/infra/workflow"
import { MetricsService } from "@parametric-portal/server/observe/metrics"
import { Telemetry } from "@parametric-portal/server/observe/telemetry"
import { Console, Effect, Layer, Schema } from "effect"

class CardRefused extends Schema.TaggedError<CardRefused>()("CardRefused", {}) {}

const Order = Workflow.make({
  name: "Order",
  payload: { id: Schema.String, amount: Schema.Number },
  idempotencyKey: ({ id }) => id,
  success: Schema.String,
  error: CardRefused
})

const OrderLive = Order.toLayer(({ amount, id }) =>
  Effect.gen(function* () {
    yield* Activity.make({
      name: "charge",
      error: CardRefused,
      execute: amount > 100 ? new CardRefused() : Effect.void
    })
    return yield* Activity.make({ name: "ship", success: Schema.String, execute: Effect.succeed(`shipped ${id}`) })
  })
)

const program = Effect.gen(function* () {
  yield* Console.log(yield* Order.execute({ id: "A1", amount: 20 }))
  yield* Effect.exit(Order.execute({ id: "A2", amount: 200 }))
  // The same order again: its result is known, and nothing runs.
  yield* Order.execute({ id: "A1", amount: 20 })
})

/** In a cluster `ClusterWorkflowEngine.layer` of @effect/cluster stands in the place of the engine in memory. */
const live = OrderLive.pipe(
  Layer.provideMerge(WorkflowMetrics.layer()),
  Layer.provide(WorkflowEngine.layerMemory),
  Layer.provideMerge(Telemetry.Default),
  Layer.provide(MetricsService.Default)
)

NodeRuntime.runMain(Effect.provide(program, live))
