/** A runner that stands still for longer than its lease: others take its jobs, and what it does later is refused. */
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { JobService } from "../../../src/infra/jobs.ts"
import { eventually } from "../../support/eventually.ts"
import { Postgres } from "../../support/postgres.ts"
import { client, runners, settled } from "./processes.ts"
import { lines, Work } from "./work.ts"

/** Longer than a busy machine keeps a healthy runner waiting. */
const lease = "4 seconds"

/** Run when it is paused, and aren't through when it goes on. */
const long = [0, 1, 2, 3]
const short = Array.from({ length: 36 }, (_, n) => 10 + n)

it.scopedLive("a runner paused for more than two leases ends its life, harms no job and begins a new life", () =>
  Effect.gen(function* () {
    const url = yield* Effect.flatMap(Postgres, (server) => server.database("paused"))
    const store = { _tag: "Postgres", url } as const
    const { record, start } = yield* runners
    const begun = (runner: string, from: number) =>
      Effect.sync(() =>
        lines(record).filter((line) => line.runner === runner && line.what === "began" && line.n >= from)
      )
    const paused = yield* start({ name: "paused", store, lease })
    yield* Effect.provide(
      Effect.gen(function* () {
        const jobs = yield* JobService
        const ids = yield* Effect.forEach(long, (n) => jobs.submit(Work, { n, ms: 14_000 }))
        yield* eventually(begun("paused", 0), (found) => found.length === long.length)
        const [life] = (yield* Effect.forEach(ids, jobs.status)).map(({ heldBy }) => heldBy)
        expect(life).toBeDefined()
        yield* paused.signal("SIGSTOP")
        ids.push(...(yield* Effect.forEach(short, (n) => jobs.submit(Work, { n, ms: 500 }))))
        const other = yield* start({ name: "other", store, lease })
        yield* Effect.sleep("10 seconds")
        yield* paused.signal("SIGCONT")
        expect(yield* settled).toEqual({ completed: ids.length })
        // What ran when it was paused was redelivered as the same attempt: no attempt is lost by it.
        const statuses = yield* Effect.forEach(ids, jobs.status)
        expect(statuses.map(({ attempt }) => attempt)).toEqual(ids.map(() => 1))
        expect(statuses.filter(({ redeliveries }) => redeliveries > 1)).toEqual([])
        expect(statuses.slice(0, long.length).map(({ redeliveries }) => redeliveries)).toEqual(long.map(() => 1))
        expect(lines(record).some(({ runner, what }) => runner === "other" && what === "ended")).toBe(true)
        // It works again, and under another id.
        yield* other.signal("SIGTERM")
        yield* other.ended
        const more = yield* jobs.submit(Work, { n: 100, ms: 3000 })
        yield* eventually(begun("paused", 100), (found) => found.length > 0)
        const { heldBy } = yield* jobs.status(more)
        expect(heldBy).toBeDefined()
        expect(heldBy).not.toBe(life)
        expect(yield* jobs.awaitResult(Work, more)).toBe(100)
      }),
      client(url)
    )
    const ofPaused = lines(record).filter(
      ({ isRedelivered, n, runner }) => runner === "paused" && n < long.length && !isRedelivered
    )
    expect(ofPaused.map(({ what }) => what).sort()).toEqual([
      ...long.map(() => "began"),
      ...long.map(() => "interrupted")
    ])
  }).pipe(Effect.provide(Postgres.layer))
)
