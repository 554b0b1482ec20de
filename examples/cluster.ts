// Measures an entity of @effect/cluster: of the entity, its client and its runner only one import changes.
// Run: OTEL_METRICS_EXPORTER=console npx tsx cluster.ts
import { Entity } from "@effect/cluster"
import { NodeRuntime } from "@effect/platform-node"
import { Rpc } from "@effect/rpc"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { SingleRunner } from "@parametric-portal/server/infra/cluster"
import { MetricsService } from "@parametric-portal/server/observe/metrics"
import { Telemetry } from "@parametric-portal/server/observe/telemetry"
import { Console, Effect, Layer, Ref, Schema } from "effect"

const Counter = Entity.make("Counter", [
  Rpc.make("Increment", { payload: { by: Schema.Number }, success: Schema.Number })
])

const CounterLive = Counter.toLayer(
  Effect.gen(function* () {
    const total = yield* Ref.make(0)
    return { Increment: ({ payload }) => Ref.updateAndGet(total, (count) => count + payload.by) }
  })
)

const program = Effect.gen(function* () {
  const counter = (yield* Counter.client)("visits")
  yield* counter.Increment({ by: 1 })
  yield* Console.log(`visits: ${yield* counter.Increment({ by: 2 })}`)
})

const live = CounterLive.pipe(
  Layer.provideMerge(SingleRunner.layer()),
  Layer.provide(SqliteClient.layer({ filename: ":memory:" })),
  Layer.provideMerge(Telemetry.Default),
  Layer.provide(MetricsService.Default)
)

NodeRuntime.runMain(Effect.provide(program, live))
