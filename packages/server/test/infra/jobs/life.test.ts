import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Job, JobService } from "../../../src/infra/jobs.ts"
import { breathe, ledger, pass, world } from "./world.ts"

const Double = Job.make({ type: "double", payload: Schema.Number, success: Schema.Number, error: Schema.Never })

it.effect("runs a job and gives its result", () =>
  Effect.gen(function* () {
    const jobs = yield* JobService
    const id = yield* Effect.fork(jobs.submit(Double, 21))
    yield* pass(1000)
    const jobId = yield* id
    yield* breathe
    expect(yield* jobs.result(Double, jobId)).toEqual({ _tag: "Completed", value: 42 })
    console.log(yield* ledger)
  }).pipe(Effect.provide(world(Double.toLayer((n) => Effect.succeed(n * 2)))))
)
