/** The demo's PostgreSQL: its password is asked for, and it stops and leaves nothing. */
import { describe, expect, it } from "@effect/vitest"
import * as PgClient from "@effect/sql-pg/PgClient"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { readdirSync, readFileSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { startPostgres } from "../../src/server/postgres.ts"

const query = (url: string, text: string) =>
  Effect.flatMap(PgClient.PgClient, (sql) => sql.unsafe<{ readonly found: string }>(text)).pipe(
    Effect.provide(PgClient.layer({ url: Redacted.make(url), maxConnections: 1 }))
  )

const folders = () => readdirSync(tmpdir()).filter((name) => name.startsWith(`job-server-postgres-${process.pid}-`))

describe("the demo's PostgreSQL", { timeout: 120_000 }, () => {
  it.live("takes its password only, and shows that to nobody else", () =>
    Effect.gen(function* () {
      yield* Effect.scoped(
        Effect.gen(function* () {
          const url = yield* startPostgres
          const { password, port } = new URL(url)
          expect(password.length).toBeGreaterThan(30)
          const found = yield* query(
            url,
            `SELECT concat_ws(' ', current_setting('password_encryption'), current_setting('unix_socket_directories'),
              (SELECT string_agg(DISTINCT auth_method, ',') FROM pg_hba_file_rules)) AS found`
          )
          expect(found).toEqual([{ found: "scram-sha-256  scram-sha-256" }])
          for (const login of ["postgres", "postgres:", "postgres:wrong", "root:wrong"]) {
            const refused = yield* Effect.either(query(`postgres://${login}@127.0.0.1:${port}/postgres`, "SELECT 1"))
            expect(refused._tag).toBe("Left")
          }
          const [folder = ""] = folders()
          expect(readdirSync(path.join(tmpdir(), folder)).includes("password")).toBe(false)
          expect(statSync(path.join(tmpdir(), folder, "data")).mode & 0o077).toBe(0)
          expect(argumentsOfAll()).not.toContain(password)
        })
      )
      expect(folders()).toEqual([])
    })
  )
})

/** The arguments of all processes, which every user of the machine can read. */
const argumentsOfAll = (): string =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8")
      } catch {
        return ""
      }
    })
    .join("\n")
