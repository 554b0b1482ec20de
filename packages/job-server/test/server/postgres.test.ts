/** The demo's PostgreSQL: its password is asked for, and it stops and leaves nothing. */
import { describe, expect, it } from "@effect/vitest"
import * as PgClient from "@effect/sql-pg/PgClient"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import { spawn, type SpawnOptions } from "node:child_process"
import { readdirSync, readFileSync, statSync } from "node:fs"
import { chown } from "node:fs/promises"
import { connect } from "node:net"
import { tmpdir } from "node:os"
import path from "node:path"
import { startPostgres } from "../../src/server/postgres.ts"
import { folderOf, tsx } from "../program.ts"

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
            `SELECT concat_ws(' ', current_setting('password_encryption'), current_setting('unix_socket_directories'), current_setting('listen_addresses'),
              (SELECT string_agg(DISTINCT auth_method, ',') FROM pg_hba_file_rules)) AS found`
          )
          expect(found).toEqual([{ found: "scram-sha-256  127.0.0.1 scram-sha-256" }])
          for (const login of ["postgres", "postgres:", "postgres:wrong", "root:wrong"]) {
            const refused = yield* Effect.either(query(`postgres://${login}@127.0.0.1:${port}/postgres`, "SELECT 1"))
            expect(refused._tag).toBe("Left")
          }
          const [folder = ""] = folders()
          expect(readdirSync(path.join(tmpdir(), folder)).includes("password")).toBe(false)
          expect(statSync(path.join(tmpdir(), folder)).mode & 0o022).toBe(0)
          expect(statSync(path.join(tmpdir(), folder, "data")).mode & 0o077).toBe(0)
          expect(argumentsOfAll()).not.toContain(password)
        })
      )
      expect(folders()).toEqual([])
    })
  )

  it.scopedLive("ends with the process that started it, however that ends", () =>
    Effect.gen(function* () {
      const { child, output } = yield* starter({})
      const { port } = new URL(yield* printed(output, /postgres:\S+/))
      expect(yield* isListening(port)).toBe(true)
      child.kill("SIGKILL")
      yield* Effect.repeat(isListening(port), { while: (is) => is, schedule: soon })
      expect(yield* isListening(port)).toBe(false)
    })
  )

  // Only root can start a process of another user.
  it.runIf(process.getuid?.() === 0)("starts for a user without a name, as in a container, or says what to do", () =>
    Effect.gen(function* () {
      const nobody = 54_321
      const home = yield* folderOf({})
      yield* Effect.promise(() => chown(home, nobody, nobody))
      const { child, output } = yield* starter({ uid: nobody, gid: nobody, env: { ...process.env, TMPDIR: home } })
      const said = yield* printed(output, /postgres:\S+|PostgreSQL did not start: [^\n]*|Error[^\n]*/)
      expect(said).toMatch(/^postgres:|who has no name/)
      child.kill("SIGINT")
    }).pipe(Effect.scoped, Effect.runPromise)
  )
})

/** A process that starts a PostgreSQL and prints its URL. */
const starter = (options: SpawnOptions) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => {
        const program = `
          import * as Effect from "effect/Effect"
          import { startPostgres } from ${JSON.stringify(new URL("../../src/server/postgres.ts", import.meta.url).href)}
          const shown = Effect.tap(startPostgres, (url) => Effect.sync(() => console.log(url)))
          await Effect.runPromise(Effect.scoped(Effect.zipRight(shown, Effect.never)))`
        const flags = ["--import", tsx, "--input-type=module", "--eval", program]
        return spawn(process.execPath, flags, { cwd: import.meta.dirname, ...options, stdio: "pipe" })
      }),
      (child) => Effect.sync(() => child.kill("SIGKILL"))
    ),
    (child) => {
      const said = { text: "" }
      const read = (part: Buffer): string => (said.text += part.toString())
      child.stdout.on("data", read)
      child.stderr.on("data", read)
      return { child, output: () => said.text }
    }
  )

/** What a process prints, once it does; empty where it does not within half a minute. */
const printed = (output: () => string, pattern: RegExp) => {
  const look = Effect.sync(() => pattern.exec(output())?.[0] ?? "")
  return Effect.zipRight(Effect.repeat(look, { until: (found) => found !== "", schedule: soon }), look)
}

/** How often something is looked at, and for how long. */
const soon = Schedule.spaced("100 millis").pipe(Schedule.upTo("30 seconds"))

const isListening = (port: string) =>
  Effect.async<boolean>((resume) => {
    const socket = connect(Number(port), "127.0.0.1", () => {
      socket.destroy()
      resume(Effect.succeed(true))
    })
    socket.on("error", () => resume(Effect.succeed(false)))
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
