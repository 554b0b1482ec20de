/** Who may see the jobs page, and who may change something on it. */
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as TestServices from "effect/TestServices"
import { connect } from "node:net"
import { Job, JobService } from "../../../src/infra/jobs.ts"
import type { JobsPageOptions } from "../../../src/infra/jobs-page.ts"
import { client } from "../jobs/world.ts"
import { reader, samePage, type Site, site, writer } from "./site.ts"

const Mail = Job.make({ type: "mail", payload: Schema.String, success: Schema.Void, error: Schema.Never })

/** With a job that waits. */
const waiting = Effect.flatMap(JobService, (jobs) => jobs.submit(Mail, "secret"))

const stateOf = (id: string) => Effect.flatMap(JobService, (jobs) => Effect.map(jobs.status(id), ({ state }) => state))

const live = <A, E>(effect: Effect.Effect<A, E, JobService | Scope.Scope>) =>
  effect.pipe(Effect.provide(client()), TestServices.provideLive)

const everyPath = [
  "",
  "/",
  "/assets/index-1.js",
  "/config.json",
  "/live",
  "/jobs/access",
  "/jobs/summary",
  "/jobs/list?state=ready",
  "/jobs/job/none",
  "/none"
]

const strict = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; " +
    "form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin"
}

it.scoped("shows nothing to whoever has no access, and says nothing of what there is", () =>
  live(
    Effect.gen(function* () {
      yield* waiting
      const { ask, lines } = yield* site()
      for (const path of everyPath) {
        for (const headers of [{}, { "x-user": "Eve none" }, { "x-user": "Eve admin" }]) {
          const { headers: answered, json, status, text } = yield* ask(`/admin${path}`, { headers })
          expect([path, status]).toEqual([path, 403])
          expect(answered).toMatchObject({ ...strict, "cache-control": "no-store" })
          const message = "You have no access to this page"
          expect(json ?? text).toEqual(path.startsWith("/jobs") ? { _tag: "Forbidden", message } : `${message}\n`)
        }
      }
      expect(lines).toEqual([])
    })
  )
)

it.scoped("refuses every request where the access fails or breaks, and logs why", () =>
  live(
    Effect.gen(function* () {
      const id = yield* waiting
      const accesses: ReadonlyArray<readonly [number, JobsPageOptions<unknown>["access"]]> = [
        [403, () => Effect.fail("the directory is away")],
        [500, () => Effect.die("broken")],
        [
          500,
          () => {
            throw new Error("broken")
          }
        ]
      ]
      for (const [expected, access] of accesses) {
        const { ask, lines, post } = yield* site({ access })
        for (const path of everyPath) {
          expect((yield* ask(`/admin${path}`)).status).toBe(expected)
        }
        expect((yield* post(`/admin/jobs/job/${id}/cancel`)).status).toBe(expected)
        expect(lines).toHaveLength(everyPath.length + 1)
        expect(lines[0]).toMatchObject({
          level: "ERROR",
          message: "The jobs page can't find out who sends a request, and refuses it"
        })
      }
      expect(yield* stateOf(id)).toBe("ready")
    })
  )
)

it.scoped("takes what is no access for none, and asks for a password where the application says so", () =>
  live(
    Effect.gen(function* () {
      // For callers without types.
      const given: ReadonlyArray<unknown> = [undefined, null, "write", {}, { level: "WRITE", who: "x" }]
      for (const value of given) {
        const { ask } = yield* site({ access: () => Effect.succeed(value as never) })
        expect((yield* ask("/admin/")).status).toBe(403)
      }
      const challenge = 'Basic realm="jobs"'
      const { ask } = yield* site({ access: () => Effect.succeed({ level: "none", who: "", challenge }) })
      const { headers, status } = yield* ask("/admin/")
      expect([status, headers["www-authenticate"]]).toEqual([401, challenge])
      const forged = yield* site({
        access: () => Effect.succeed({ level: "none", who: "", challenge: "Basic\r\nset-cookie: a=b" })
      })
      const answer = yield* forged.ask("/admin/")
      expect([answer.status, answer.headers["set-cookie"]]).toEqual([403, undefined])
    })
  )
)

it.scoped("lets a reader look at everything and change nothing", () =>
  live(
    Effect.gen(function* () {
      const id = yield* waiting
      const { ask, lines } = yield* site()
      expect((yield* ask("/admin/jobs/access", { headers: reader })).json).toEqual({
        level: "read",
        who: "Bob",
        hasPayloads: false
      })
      expect((yield* ask(`/admin/jobs/job/${id}`, { headers: reader })).status).toBe(200)
      const changes = [
        `job/${id}/cancel`,
        `job/${id}/replay`,
        "dead/replay",
        "dead/delete",
        "type/mail/pause",
        "type/mail/resume",
        "none"
      ]
      for (const path of changes) {
        const headers = { ...reader, ...samePage, "content-type": "application/json" }
        const answer = yield* ask(`/admin/jobs/${path}`, { method: "POST", headers, body: '{"ids":[]}' })
        expect(answer.status).toBe(403)
        expect(answer.json).toEqual({ _tag: "Forbidden", message: "You may look at jobs, and not change them" })
      }
      expect(yield* stateOf(id)).toBe("ready")
      expect(yield* Effect.flatMap(JobService, ({ paused }) => paused)).toEqual([])
      expect(lines).toHaveLength(changes.length)
      expect(lines[0]).toEqual({
        level: "WARN",
        message: "Jobs page: a request was refused",
        annotations: {
          who: "Bob",
          path: `/jobs/job/${id}/cancel`,
          status: 403,
          result: "You may look at jobs, and not change them"
        }
      })
    })
  )
)

/** Sends a change with these headers; whether it was made. */
const tried = (to: Site, headers: Readonly<Record<string, string>>) =>
  Effect.gen(function* () {
    const { pause, paused, resume } = yield* JobService
    yield* resume("t")
    const { status } = yield* to.ask("/admin/jobs/type/t/pause", { method: "POST", headers: { ...writer, ...headers } })
    const isMade = (yield* paused).includes("t")
    expect([headers, status]).toEqual([headers, isMade ? 200 : 403])
    yield* pause("t")
    return isMade
  })

it.scoped("changes something only where the request comes from the page itself", () =>
  live(
    Effect.gen(function* () {
      const here = yield* site()
      const own = `127.0.0.1:${here.port}`
      const made: ReadonlyArray<Readonly<Record<string, string>>> = [
        { "sec-fetch-site": "same-origin" },
        { "sec-fetch-site": "same-origin", origin: "https://elsewhere.example" },
        { origin: `http://${own}` },
        { origin: `https://${own}` },
        { origin: "http://admin.example", host: "admin.example" },
        { origin: "http://admin.example", host: "admin.example:80" },
        { origin: "https://admin.example", host: "admin.example" }
      ]
      const refused: ReadonlyArray<Readonly<Record<string, string>>> = [
        {},
        { "sec-fetch-site": "cross-site" },
        { "sec-fetch-site": "same-site" },
        { "sec-fetch-site": "none" },
        { "sec-fetch-site": "" },
        { "sec-fetch-site": "same-origin, cross-site" },
        { "sec-fetch-site": "cross-site", origin: `http://${own}` },
        { origin: "null" },
        { origin: "" },
        { origin: "http://127.0.0.1" },
        { origin: `http://127.0.0.1:${here.port + 1}` },
        { origin: `http://evil.example#${own}` },
        { origin: `http://${own}@evil.example` },
        { origin: `file://${own}` },
        { origin: "http://evil.example", "x-forwarded-host": "evil.example", forwarded: "host=evil.example" },
        { origin: "http://evil.example", host: own },
        { referer: `http://${own}/admin/` }
      ]
      for (const headers of made) {
        expect([headers, yield* tried(here, headers)]).toEqual([headers, true])
      }
      for (const headers of refused) {
        expect([headers, yield* tried(here, headers)]).toEqual([headers, false])
      }
      const silent = yield* here.ask("/admin/jobs/type/t/pause", { method: "POST", headers: writer })
      expect(silent.json).toEqual({
        _tag: "Forbidden",
        message: 'The request doesn\'t say where it comes from: a script sends "Sec-Fetch-Site: same-origin"'
      })
    })
  )
)

it.scoped("takes the origins that the application names where a proxy changes the host", () =>
  live(
    Effect.gen(function* () {
      const here = yield* site({ origins: ["https://admin.example.com", "http://[::1]:8080"] })
      const own = `http://127.0.0.1:${here.port}`
      const answers = yield* Effect.forEach(
        [
          { origin: "https://admin.example.com" },
          { origin: "http://[::1]:8080" },
          { "sec-fetch-site": "same-origin" },
          { origin: "http://admin.example.com" },
          { origin: "https://admin.example.com.evil.example" },
          { origin: own },
          { "sec-fetch-site": "cross-site", origin: "https://admin.example.com" }
        ],
        (headers) => tried(here, headers)
      )
      expect(answers).toEqual([true, true, true, false, false, false, false])
    })
  )
)

it.scoped("takes bodies of JSON only, of a megabyte at most", () =>
  live(
    Effect.gen(function* () {
      const { ask, port, post } = yield* site()
      const headers = { ...writer, ...samePage }
      const sent = (type: string, body: string) =>
        Effect.map(
          ask("/admin/jobs/dead/delete", { method: "POST", headers: { ...headers, "content-type": type }, body }),
          ({ json, status }) => [status, json]
        )
      const body = '{"ids":[]}'
      const wrongType = [415, { _tag: "Refused", message: "The body has to be application/json" }]
      expect(yield* sent("text/plain", body)).toEqual(wrongType)
      expect(yield* sent("application/x-www-form-urlencoded", body)).toEqual(wrongType)
      expect(yield* sent("multipart/form-data; boundary=a", body)).toEqual(wrongType)
      expect(yield* sent("text/plain; application/json", body)).toEqual(wrongType)
      expect(yield* sent("application/json", "{")).toEqual([400, { _tag: "Refused", message: "The body is not JSON" }])
      for (const deep of [
        "[".repeat(400_000) + "]".repeat(400_000),
        `${'{"a":'.repeat(20_000)}1${"}".repeat(20_000)}`
      ]) {
        const tooDeep = [400, { _tag: "Refused", message: "The body is nested too deeply" }]
        expect(yield* sent("application/json", deep)).toEqual(tooDeep)
        expect(yield* sent("application/json", `{"ids":[${deep}]}`)).toEqual(tooDeep)
      }
      expect((yield* sent("Application/JSON; charset=utf-8", body))[0]).toBe(200)
      const large = JSON.stringify({ ids: ["x".repeat(1_000_000)] })
      expect(yield* sent("application/json", large)).toEqual([
        413,
        { _tag: "Refused", message: "The body has more than 1000000 bytes" }
      ])
      expect((yield* post("/admin/jobs/dead/delete", { ids: 1 })).status).toBe(400)
      expect((yield* post("/admin/jobs/dead/delete", { before: 1 })).status).toBe(400)
      // Of a body without a length, the connection ends.
      const head = `POST /admin/jobs/dead/delete HTTP/1.1\r\nHost: a\r\nx-user: Ada write\r\nSec-Fetch-Site: same-origin\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`
      const chunk = `${(100_000).toString(16)}\r\n${" ".repeat(100_000)}\r\n`
      const taken = yield* Effect.async<number>((resume) => {
        let written = 0
        const socket = connect(port, "127.0.0.1", () => {
          socket.write(head)
          const more = setInterval(() => {
            written += 1
            socket.write(chunk)
          }, 5)
          socket.on("close", () => {
            clearInterval(more)
            resume(Effect.succeed(written))
          })
        })
        socket.on("error", () => socket.destroy())
        socket.resume()
      })
      expect(taken).toBeLessThan(100)
    })
  )
)

it.scoped("changes nothing by other methods", () =>
  live(
    Effect.gen(function* () {
      const id = yield* waiting
      const { ask } = yield* site()
      const headers = { ...writer, ...samePage }
      for (const path of [`job/${id}/cancel`, "type/mail/pause", "dead/delete"]) {
        expect((yield* ask(`/admin/jobs/${path}`, { headers })).status).toBe(404)
        for (const method of ["PUT", "DELETE", "PATCH", "OPTIONS"]) {
          const answer = yield* ask(`/admin/jobs/${path}`, { method, headers })
          expect([answer.status, answer.headers.allow]).toEqual([405, "GET, HEAD, POST"])
        }
      }
      expect(yield* stateOf(id)).toBe("ready")
      expect(yield* Effect.flatMap(JobService, ({ paused }) => paused)).toEqual([])
    })
  )
)
