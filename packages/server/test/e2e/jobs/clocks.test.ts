/** Clocks of callers and runners that are wrong, or that somebody sets: times are those of the database. */
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { JobService } from "../../../src/infra/jobs.ts"
import { Postgres } from "../../support/postgres.ts"
import { compiled } from "../../support/programs.ts"
import { runners, settled, stores, submit } from "./processes.ts"
import { lines, Work } from "./work.ts"

const seconds = (count: number): string => String(count * 1000)

const clocks = [
  {
    what: "callers are a minute behind and runners six seconds ahead",
    submitter: { CLOCK_OFF_BY: seconds(-60) },
    runner: { CLOCK_OFF_BY: seconds(6) }
  },
  {
    what: "callers are six seconds ahead and runners a minute behind",
    submitter: { CLOCK_OFF_BY: seconds(6) },
    runner: { CLOCK_OFF_BY: seconds(-60) }
  },
  {
    what: "clocks are set by an hour again and again",
    submitter: { CLOCK_OFF_BY: seconds(3600), CLOCK_SET_EVERY: "100" },
    runner: { CLOCK_OFF_BY: seconds(3600), CLOCK_SET_EVERY: "300" }
  }
] as const

const delays = [0, 2000, 500, 3000]

/** How late a busy machine may be. */
const patienceMs = 1500

for (const { runner, submitter, what } of clocks) {
  it.scopedLive(`a job begins when it is due, and goes on, where ${what}`, () =>
    Effect.gen(function* () {
      const { client, store } = yield* stores.postgres("clocks")
      const { record, start } = yield* runners
      const flags = ["--import", yield* compiled(new URL("./skewed-clock.ts", import.meta.url))]
      yield* start({ name: "one", store }, { flags, env: runner })
      yield* Effect.provide(
        Effect.gen(function* () {
          const jobs = yield* JobService
          // By then its partitions have come to the runner.
          yield* jobs.awaitResult(Work, yield* jobs.submit(Work, { n: 100, ms: 0 }))
          const long = yield* jobs.submit(Work, { n: 101, ms: 5000 })
          yield* submit({ url: store.url, record, delays }, { flags, env: submitter })
          expect(yield* settled).toEqual({ completed: delays.length + 2 })
          const { attempt, errors, redeliveries } = yield* jobs.status(long)
          expect({ attempt, errors, redeliveries }).toEqual({ attempt: 1, errors: [], redeliveries: 0 })
          const at = (n: number, step: string) =>
            lines(record).find((line) => line.n === n && line.what === step)?.at ?? 0
          const late = delays.map((delay, n) => at(n, "began") - at(n, "submitted") - delay)
          expect(late.filter((ms) => ms < 0 || ms > patienceMs)).toEqual([])
        }),
        client
      )
    }).pipe(Effect.provide(Postgres.layer))
  )
}
