/** The program of the guide started twice on one file of SQLite. */
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { join } from "node:path"
import { JobService } from "../../../src/infra/jobs.ts"
import { clientOnFile, folder, runners, settled } from "./processes.ts"
import { lines, Work } from "./work.ts"

const quick = Array.from({ length: 200 }, (_, n) => n)

it.scopedLive("two processes on one file start a job of 25 seconds once, and none of the others twice", () =>
  Effect.gen(function* () {
    const file = join(yield* folder, "jobs.sqlite")
    const { record, start } = yield* runners
    const store = { _tag: "Sqlite", file } as const
    yield* start({ name: "one", store, lease: "10 seconds" })
    yield* start({ name: "two", store, lease: "10 seconds" })
    yield* Effect.provide(
      Effect.gen(function* () {
        const jobs = yield* JobService
        const long = yield* jobs.submit(Work, { n: -1, ms: 25_000 })
        yield* Effect.forEach(quick, (n) => Effect.zipLeft(jobs.submit(Work, { n, ms: 20 }), Effect.sleep("50 millis")))
        expect(yield* jobs.awaitResult(Work, long)).toBe(-1)
        expect(yield* settled).toEqual({ completed: 201 })
        const { attempt, errors, redeliveries } = yield* jobs.status(long)
        expect({ attempt, errors, redeliveries }).toEqual({ attempt: 1, errors: [], redeliveries: 0 })
      }),
      clientOnFile(file)
    )
    const begun = lines(record).filter(({ what }) => what === "began")
    expect(begun.filter(({ n }) => n === -1).length).toBe(1)
    expect(begun.map(({ n }) => n).sort((left, right) => left - right)).toEqual([-1, ...quick])
    expect(lines(record).filter(({ what }) => what === "interrupted")).toEqual([])
  })
)
