/** The errors that the guide "Testing your metrics" shows are those of the kit. `packages/server/test/docs` compares its suites. */
import { expect, it } from "@effect/vitest"
import { MetricsService } from "@parametric-portal/server/observe/metrics"
import { expectConserved, expectDelta, layer } from "@parametric-portal/server/observe/testing"
import { Effect } from "effect"
import { readFileSync } from "node:fs"

const text = (file: string): string => readFileSync(new URL(`../../${file}`, import.meta.url), "utf8")

const blocks = (language: string): ReadonlyArray<string> =>
  Array.from(text("docs/guides/testing.md").matchAll(/^```(\w+)\n([^]*?)^```$/gm)).flatMap(([, of, block = ""]) =>
    of === language ? [block] : []
  )

it.effect("shows the errors as they are", () =>
  Effect.gen(function* () {
    const { jobs } = yield* MetricsService
    const mail = MetricsService.trackJob(Effect.void, { jobType: "mail", operation: "process" })
    const twice = Effect.zipRight(mail, mail)
    const moved = yield* Effect.flip(expectDelta(twice, [[jobs.completions, { job_type: "mail" }, 1]]))
    yield* mail
    yield* MetricsService.inc(jobs.enqueued, { job_type: "mail" }, 5)
    yield* MetricsService.inc(jobs.deadLettered, { job_type: "mail", reason: "Error" })
    const lost = yield* Effect.flip(expectConserved(0))
    expect(blocks("text")).toEqual([`${moved.message}\n`, `${lost.message}\n`])
  }).pipe(Effect.provide(layer()))
)
