/** The same statements, counted by this library and by `@opentelemetry/instrumentation-pg` in one process. */
import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestServices from "effect/TestServices"
import { Postgres } from "../../support/postgres.ts"
import type { Operations, Report } from "./sql-program.ts"

/** From which `tsx` is found. */
const packageFolder = fileURLToPath(new URL("../../../", import.meta.url))

const counts = (operations: Operations) =>
  Object.fromEntries(Object.entries(operations).map(([name, { count }]) => [name, count]))

it.layer(Postgres.layer, { timeout: "1 minute" })("beside OpenTelemetry's instrumentation of pg", (it) => {
  it.scoped("counts are equal, sums within 1 % of statements of 100 ms, and within 0.2 ms of quick ones", () =>
    Effect.gen(function* () {
      const server = yield* Postgres
      const url = yield* server.database("versus_otel")
      // Not compiled into one file: the instrumentation patches `pg` where it is loaded as a package.
      const program = fileURLToPath(new URL("sql-program.ts", import.meta.url))
      const { stdout } = yield* Effect.promise(() =>
        promisify(execFile)(process.execPath, ["--import", "tsx", program, url], { cwd: packageFolder })
      )
      const { mixed, quick, slow }: Report = JSON.parse(stdout)
      expect(counts(mixed.ours)).toEqual({ CREATE: 1, INSERT: 6, SELECT: 4, UPDATE: 1, DELETE: 1 })
      expect(mixed.transactions).toBe(2)
      // Theirs counts as statements what begins and ends a transaction, the cancelling of what is interrupted, and the one
      // that the client asks at its start. It does not count streams.
      const { BEGIN, COMMIT, ROLLBACK, SAVEPOINT, ...same } = counts(mixed.theirs)
      expect({ BEGIN, COMMIT, ROLLBACK, SAVEPOINT }).toEqual({ BEGIN: 2, COMMIT: 1, ROLLBACK: 1, SAVEPOINT: 1 })
      const atStart = 1
      const cancelled = 1
      const streams = 1
      expect(same).toEqual({ ...counts(mixed.ours), SELECT: 4 + atStart + cancelled - streams })
      // A busy machine can only drive them apart: the nearest batch tells.
      expect(slow.every(({ ours, theirs }) => ours.count === 5 && theirs.count === 5)).toBe(true)
      expect(Math.min(...slow.map(({ ours, theirs }) => Math.abs(ours.sum / theirs.sum - 1)))).toBeLessThan(0.01)
      expect(quick.every(({ ours, theirs }) => ours.count === 100 && theirs.count === 100)).toBe(true)
      expect(Math.min(...quick.map(({ ours, theirs }) => Math.abs(ours.sum - theirs.sum) / 100))).toBeLessThan(0.0002)
    }).pipe(TestServices.provideLive)
  )
})
