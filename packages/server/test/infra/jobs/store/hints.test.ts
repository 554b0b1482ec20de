/** What the tables on PostgreSQL tell runners of, and which of it a process need not hear. */
import * as SqlClient from "@effect/sql/SqlClient"
import { expect } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { hintsOf } from "../../../../src/infra/jobs/runner/listen.ts"
import { JobStore, make } from "../../../../src/infra/jobs/store.ts"
import { jobOf, onPostgres, Second } from "./databases.ts"

onPostgres("hints", {
  "hears of what others submit, of each commit of a transaction, and not of its own submissions": Effect.gen(
    function* () {
      const sql = yield* SqlClient.SqlClient
      const store = yield* JobStore
      const other = yield* make(yield* Second)
      const hints = Option.getOrThrow(Option.fromNullable(hintsOf(sql, store)))
      const heard: Array<string> = []
      const listening = yield* Effect.fork(Stream.runForEach(hints, (hint) => Effect.sync(() => heard.push(hint))))
      yield* Effect.sleep("300 millis")
      const alone = { isInTransaction: false, hint: true }
      yield* store.insert([jobOf("a")], alone)
      yield* store.insert([jobOf("b"), jobOf("c")], alone)
      yield* other.insert([jobOf("d")], alone)
      yield* sql.withTransaction(store.insert([jobOf("e")], { isInTransaction: true, hint: true }))
      yield* Effect.sleep("300 millis")
      expect(heard).toEqual([other.ownHint, "1"])
      expect(store.ownHint).not.toBe(other.ownHint)
      yield* Fiber.interrupt(listening)
    }
  )
})
