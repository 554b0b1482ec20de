/** Shards that go from one runner to another and back, again and again. */
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { JobService } from "../../../src/infra/jobs.ts"
import { eventually } from "../../support/eventually.ts"
import { Postgres } from "../../support/postgres.ts"
import { runners, settled, stores } from "./processes.ts"
import { lines, Work } from "./work.ts"

const long = [1, 2, 3, 4]
const rounds = 3

it.scopedLive("a job runs on where it is while its shard comes and goes, and what waits is found", () =>
  Effect.gen(function* () {
    const { client, store } = yield* stores.postgres("moving")
    const { record, start } = yield* runners
    const seen = Effect.sync(() => lines(record))
    yield* Effect.provide(
      Effect.gen(function* () {
        const jobs = yield* JobService
        yield* start({ name: "one", store })
        const ids = yield* Effect.forEach(long, (n) => jobs.submit(Work, { n, ms: 60_000 }))
        yield* eventually(seen, (found) => found.length === long.length)
        let next = 100
        const submitted: Array<string> = []
        for (let round = 0; round < rounds; round += 1) {
          const guest = `guest-${round}`
          const { ended, signal } = yield* start({ name: guest, store })
          // The guest has shards once it works.
          yield* eventually(
            Effect.zipRight(
              Effect.tap(jobs.submit(Work, { n: next++, ms: 50 }), (id) => Effect.sync(() => submitted.push(id))),
              seen
            ),
            (found) => found.some(({ runner }) => runner === guest)
          )
          yield* signal("SIGTERM")
          expect(yield* ended).toBe(0)
        }
        const last = yield* Effect.forEach(Array.from({ length: 64 }), () => jobs.submit(Work, { n: next++, ms: 0 }))
        yield* Effect.forEach(last, (id) => jobs.awaitResult(Work, id), { concurrency: "unbounded" })
        const running = yield* Effect.forEach(ids, jobs.status)
        expect(running.map(({ attempt, redeliveries, state }) => [state, attempt, redeliveries])).toEqual(
          ids.map(() => ["running", 1, 0])
        )
        yield* Effect.forEach(ids, (id) => jobs.cancel(id))
        expect(yield* settled).toEqual({ completed: submitted.length + last.length, cancelled: long.length })
        const others = yield* Effect.forEach([...submitted, ...last], jobs.status)
        expect(others.filter(({ attempt, errors }) => attempt !== 1 || errors.length > 0)).toEqual([])
        const ofLong = lines(record).filter(({ n }) => n <= long.length)
        expect(ofLong.filter(({ what }) => what === "began").map(({ n, runner }) => [n, runner])).toEqual(
          long.map((n) => [n, "one"])
        )
      }),
      client
    )
  }).pipe(Effect.provide(Postgres.layer))
)
