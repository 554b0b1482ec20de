/** The number of partitions is changed between two starts: what lies in those that are no more is taken too. */
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { JobService } from "../../../src/infra/jobs.ts"
import { Postgres } from "../../support/postgres.ts"
import { runners, settled, stores } from "./processes.ts"
import { concurrency, lines, Work } from "./work.ts"

const numbers = Array.from({ length: 80 }, (_, n) => n)

for (const [name, make] of Object.entries(stores)) {
  it.scopedLive(`64 partitions become 16, then 5, then 64 again, and strand no job: on ${name}`, () =>
    Effect.gen(function* () {
      const { client, store } = yield* make("partitions")
      const { record, start } = yield* runners
      yield* Effect.provide(
        Effect.gen(function* () {
          const jobs = yield* JobService
          const ids = yield* jobs.submitMany(
            Work,
            numbers.map((n) => ({ n, ms: 100 }))
          )
          const later = yield* jobs.submit(Work, { n: 100, ms: 0 }, { delay: "6 seconds" })
          const ended = () => lines(record).filter(({ what }) => what === "ended").length
          for (const partitions of [64, 16, 5]) {
            const runner = yield* start({ name: `${partitions}`, store, partitions })
            const before = ended()
            yield* Effect.repeat(Effect.delay(Effect.sync(ended), "20 millis"), {
              until: (now) => now >= before + concurrency
            })
            // Not the end yet: what runs is redelivered.
            yield* runner.signal("SIGTERM")
            yield* runner.ended
          }
          yield* start({ name: "last", store, partitions: 64 })
          expect(yield* settled).toEqual({ completed: numbers.length + 1 })
          const statuses = yield* Effect.forEach([...ids, later], jobs.status)
          expect(statuses.map(({ attempt, errors }) => [attempt, errors])).toEqual(statuses.map(() => [1, []]))
          expect(new Set(lines(record).map(({ runner }) => runner))).toEqual(new Set(["64", "16", "5", "last"]))
        }),
        client
      )
    }).pipe(Effect.provide(Postgres.layer))
  )
}
