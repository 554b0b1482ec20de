import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Job, JobService } from "../../../src/infra/jobs.ts"
import { within, world } from "./world.ts"

const Double = Job.make({ type: "double", payload: Schema.Number, success: Schema.Number, error: Schema.Never })

it.effect("runs a job and gives its result", () =>
  Effect.gen(function* () {
    const jobs = yield* JobService
    const id = yield* within(jobs.submit(Double, 21))
    expect(yield* within(jobs.awaitResult(Double, id))).toBe(42)
    expect(yield* jobs.result(Double, id)).toEqual({ _tag: "Completed", value: 42 })
  }).pipe(Effect.provide(world(Double.toLayer((n) => Effect.succeed(n * 2)))))
)
