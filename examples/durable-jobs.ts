// Runs durable jobs: rows of a database that outlive the process, one of which succeeds at its second attempt.
// Run: OTEL_METRICS_EXPORTER=console npx tsx durable-jobs.ts
import { SingleRunner } from "@effect/cluster"
import { NodeRuntime } from "@effect/platform-node"
import { SqlClient } from "@effect/sql"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { Job, JobService } from "@parametric-portal/server/infra/jobs"
import { MetricsService } from "@parametric-portal/server/observe/metrics"
import { Telemetry } from "@parametric-portal/server/observe/telemetry"
import { Config, Console, Context, Effect, Layer, Schema } from "effect"

class Busy extends Schema.TaggedError<Busy>()("Busy", {}) {}

const Greet = Job.make({
  type: "greet",
  payload: Schema.Struct({ name: Schema.String }),
  success: Schema.String,
  error: Busy,
  maxAttempts: 3,
  backoff: { base: "10 millis" }
})

const GreetLive = Greet.toLayer(({ name }, { attempt }) =>
  name === "Grace" && attempt === 1 ? new Busy() : Effect.succeed(`Hello ${name}, at attempt ${attempt}`)
)

const program = Effect.gen(function* () {
  const jobs = yield* JobService
  const ids = yield* Effect.forEach(["Ada", "Grace"], (name) => jobs.submit(Greet, { name }, { priority: "high" }))
  yield* Effect.forEach(ids, (id) => Effect.flatMap(jobs.awaitResult(Greet, id), Console.log))
})

/** A file keeps the jobs when the process ends, and with this setting when the power fails: `DATABASE=jobs.sqlite`. */
const Database = Layer.tap(
  SqliteClient.layerConfig({ filename: Config.string("DATABASE").pipe(Config.withDefault(":memory:")) }),
  (client) => Context.get(client, SqlClient.SqlClient)`PRAGMA synchronous = FULL`
)

const live = GreetLive.pipe(
  Layer.provideMerge(JobService.layer()),
  Layer.provide(SingleRunner.layer()),
  Layer.provide(Database),
  Layer.provideMerge(Telemetry.Default),
  Layer.provide(MetricsService.Default)
)

NodeRuntime.runMain(Effect.provide(program, live))
