/** The law in one file of SQLite while its two runners are killed again and again. */
import * as SqlClient from "@effect/sql/SqlClient"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { JobService } from "../../../src/infra/jobs.ts"
import * as Audit from "../../infra/jobs/law/audit.ts"
import { eventually } from "../../support/eventually.ts"
import { type RunnerProcess, runners, stores } from "./processes.ts"
import { Work } from "./work.ts"

const place: Audit.Place = { name: (table) => table }
const callers = 4
const kills = 8

it.scopedLive("enqueued is completed and held at every look, and each job is done, while runners are killed", () =>
  Effect.gen(function* () {
    const { client, store } = yield* stores.sqlite("law")
    const { start } = yield* runners
    yield* Effect.provide(
      Effect.gen(function* () {
        const jobs = yield* JobService
        const sql = yield* SqlClient.SqlClient
        yield* Audit.install(place)
        const accepted: Array<string> = []
        let next = 0
        const call = Effect.suspend(() => {
          const n = next++
          const submit = jobs.submit(Work, { n, ms: n % 50 === 0 ? 400 : n % 30 })
          return Effect.exit(n % 2 === 0 ? submit : sql.withTransaction(submit))
        }).pipe(
          Effect.tap((exit) => Effect.sync(() => (Exit.isSuccess(exit) ? accepted.push(exit.value) : 0))),
          Effect.zipRight(Effect.sleep("25 millis"))
        )
        const imbalances = new Set<number | undefined>()
        const look = Effect.map(Audit.imbalance(place), (off) => imbalances.add(off))
        const load = yield* Effect.forEach(Array.from({ length: callers }), () => Effect.fork(Effect.forever(call)))
        const looks = yield* Effect.fork(Effect.forever(Effect.delay(look, "100 millis")))
        const alive: Array<RunnerProcess> = yield* Effect.all([
          start({ name: "0", store }),
          start({ name: "1", store })
        ])
        const names = ["0", "1"]
        for (let kill = 0; kill < kills; kill += 1) {
          yield* Effect.sleep("1 second")
          // One that has only just begun runs nothing yet.
          yield* eventually(
            sql`SELECT 1 FROM jobs WHERE state = 1 AND held_by LIKE ${`${names[kill % 2]}-%`}`,
            (held) => held.length > 0
          )
          yield* alive[kill % 2]?.signal("SIGKILL") ?? Effect.void
          const name = `${kill + 2}`
          names[kill % 2] = name
          alive[kill % 2] = yield* start({ name, store })
        }
        yield* Fiber.interruptAll(load)
        const left = yield* eventually(Audit.unsettled(place), ({ held, uncounted }) => held === 0 && uncounted === 0)
        yield* Fiber.interrupt(looks)
        yield* look
        const facts = yield* Audit.allFacts(place)
        expect({
          left,
          imbalances: Array.from(imbalances),
          contradictions: yield* Audit.contradictions(place)
        }).toEqual({
          left: { held: 0, uncounted: 0 },
          imbalances: [0],
          contradictions: []
        })
        expect(facts).toMatchObject({ retries: 0, failures: 0, deadLettered: 0, completions: facts.enqueued })
        expect(facts.redelivered).toBeGreaterThan(0)
        expect(accepted.length).toBeGreaterThan(200)
        const states = yield* Effect.forEach(accepted, (id) => Effect.map(jobs.status(id), ({ state }) => state))
        expect(states.filter((state) => state !== "completed")).toEqual([])
      }),
      client
    )
  })
)
