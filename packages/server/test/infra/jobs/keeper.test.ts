/** The lanes of a runner come to life by themselves, whatever becomes of the calls that wake them. */
import * as Sharding from "@effect/cluster/Sharding"
import { expect, it } from "@effect/vitest"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { Job, JobService } from "../../../src/infra/jobs.ts"
import * as Testing from "../../../src/observe/testing.ts"
import { cluster, pass, sqlite } from "./world.ts"

const Plain = Job.make({ type: "plain", payload: Schema.Void, success: Schema.Void, error: Schema.Never })

/** A cluster whose first calls of `wake` end so; a call each for four lanes. */
const clusterWhereWaking = (ends: Effect.Effect<never>) => {
  let calls = 0
  const flaky = Layer.effect(
    Sharding.Sharding,
    Effect.map(Sharding.Sharding, (sharding) => ({
      ...sharding,
      makeClient: ((entity) =>
        Effect.map(
          sharding.makeClient(entity),
          (client) => (id: string) =>
            new Proxy(client(id), {
              get: (target, name) => (name === "wake" && (calls += 1) <= 4 ? () => ends : Reflect.get(target, name))
            })
        )) satisfies Sharding.Sharding["Type"]["makeClient"]
    }))
  )
  return Layer.provideMerge(flaky, cluster)
}

for (const [title, ends] of Object.entries({
  "a defect": Effect.die("the connection broke"),
  "an interruption": Effect.interrupt
})) {
  it.effect(`goes on waking lanes after ${title}`, () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const jobs = yield* JobService
      yield* sql`INSERT INTO jobs (id, job_type, lane, priority, state, rank, due_at, accepted_at, payload)
        VALUES ('left behind', 'plain', 1, 'normal', 'ready', 0, 0, 0, '')`
      yield* pass(10_000, 500)
      expect((yield* jobs.status("left behind")).state).toBe("completed")
    }).pipe(
      Effect.provide(
        Plain.toLayer(() => Effect.void).pipe(
          Layer.provideMerge(JobService.layer({ lanes: 4, wakeEvery: "2 seconds" })),
          Layer.provideMerge(clusterWhereWaking(ends)),
          Layer.provideMerge(sqlite),
          Layer.provideMerge(Testing.layer()),
          Layer.orDie
        )
      )
    )
  )
}
