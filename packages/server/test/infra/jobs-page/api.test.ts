/** What the API of the jobs page shows, and what its actions do in the tables, the metrics and the log. */
import { expect } from "@effect/vitest"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpApiClient from "@effect/platform/HttpApiClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { Job, JobService } from "../../../src/infra/jobs.ts"
import { JobsApi, type JobDetail, type JobPage, type Summary } from "../../../src/infra/jobs-page.ts"
import { counted, type Database, eventually, onBoth, totals, world } from "../jobs/world.ts"
import { type Answer, reader, samePage, type Site, site, writer } from "./site.ts"

class Refused extends Schema.TaggedError<Refused>()("Refused", { message: Schema.String }) {}

const Pay = Job.make({ type: "pay", payload: Schema.Number, success: Schema.Void, error: Refused, maxAttempts: 1 })
const Wait = Job.make({ type: "wait/für <b>", payload: Schema.String, success: Schema.Void, error: Schema.Never })

const hostile = "</script><img src=x onerror=alert(1)>\u202E\u0007\n\u2028fine"

/** Pays what is more than nothing; waits are told that they are half through, and never end. */
const handlers = Layer.merge(
  Pay.toLayer((sum) => (sum > 0 ? Effect.void : new Refused({ message: hostile }))),
  Wait.toLayer((_, { progress }) => Effect.zipRight(progress(0.5, hostile), Effect.never))
)

const serviceOf = (database: Database) => world(handlers, { runnerName: "me" }, database)

const stateOf = (id: string) => Effect.flatMap(JobService, (jobs) => Effect.map(jobs.status(id), ({ state }) => state))

const untilState = (id: string, state: string) => eventually(Effect.map(stateOf(id), (now) => expect(now).toBe(state)))

const dead = Effect.gen(function* () {
  const id = yield* Effect.flatMap(JobService, ({ submit }) => submit(Pay, 0))
  yield* untilState(id, "dead")
  return id
})

/** In tests what an answer holds is compared whole, or it is refused as what it is not. */
const jsonOf = <A>({ json }: Answer): A => json as A

const detailOf = (answer: Answer) => jsonOf<JobDetail>(answer)

/** The counters agree with the tables. */
const lawHolds = eventually(
  Effect.gen(function* () {
    const rows = yield* totals
    const now = {
      enqueued: yield* counted("jobs_enqueued_total"),
      replays: yield* counted("jobs_replayed_total"),
      completions: yield* counted("jobs_completed_total"),
      cancellations: yield* counted("jobs_cancelled_total"),
      deadLettered: yield* counted("jobs_dead_lettered_total")
    }
    expect(rows).toMatchObject(now)
    expect(now.enqueued + now.replays).toBe(now.completions + now.cancellations + now.deadLettered + rows.held)
  })
)

/** The actions of the log, with who made them and what came of it. */
const actions = ({ lines }: Site) => lines.map(({ annotations, level }) => ({ level, ...annotations }))

onBoth("jobs_page_api", {
  "shows how it stands with all types and runners": (database) =>
    Effect.gen(function* () {
      const { pause, status, submit } = yield* JobService
      const { get } = yield* site()
      const running = yield* submit(Wait, "x")
      yield* untilState(running, "running")
      yield* dead
      yield* pause("pay")
      yield* submit(Pay, 1)
      yield* submit(Pay, 1, { delay: "1 hour" })
      const now = jsonOf<Summary>(yield* get("/admin/jobs/summary"))
      const none = { ready: 0, scheduled: 0, retrying: 0, running: 0, dead: 0 }
      expect(now.types).toEqual([
        {
          jobType: "pay",
          isPaused: true,
          ...none,
          ready: 1,
          scheduled: 1,
          dead: 1,
          oldestReadyAgeMs: expect.any(Number)
        },
        { jobType: "wait/für <b>", isPaused: false, ...none, running: 1 }
      ])
      yield* eventually(
        Effect.map(get("/admin/jobs/summary"), (answer) =>
          expect(jsonOf<Summary>(answer).runners).toEqual([
            { name: "me", running: 1, slots: 32, heartbeatAgeMs: expect.any(Number) }
          ])
        )
      )
      expect(Math.abs(now.now - (yield* status(running)).acceptedAt)).toBeLessThan(60_000)
    }).pipe(Effect.scoped, Effect.provide(serviceOf(database))),

  "lists jobs by state and type in both orders, page after page": (database) =>
    Effect.gen(function* () {
      const { pause, submit } = yield* JobService
      yield* pause("pay")
      const ids = yield* Effect.forEach([1, 2, 3, 4, 5], (n) => submit(Pay, n))
      const { get } = yield* site()
      const list = (query: string) => Effect.map(get(`/admin/jobs/list?${query}`), (answer) => jsonOf<JobPage>(answer))
      for (const order of ["oldest", "newest"]) {
        const seen: Array<string> = []
        let after = ""
        do {
          const page = yield* list(`state=ready&type=pay&limit=2&order=${order}${after}`)
          seen.push(...page.items.map(({ id }) => id))
          after = page.next === undefined ? "" : `&after=${encodeURIComponent(page.next)}`
        } while (after !== "")
        expect(seen).toEqual(order === "oldest" ? ids : ids.toReversed())
      }
      expect((yield* list("state=ready&type=none")).items).toEqual([])
      expect((yield* list("state=dead")).items).toEqual([])
      const refused = yield* Effect.forEach(
        [
          "",
          "state=none",
          "state=ready&limit=x",
          "state=ready&order=best",
          "state=ready&limit=0",
          "state=ready&after=x"
        ],
        (query) => Effect.map(get(`/admin/jobs/list?${query}`), ({ status }) => status)
      )
      expect(refused).toEqual([400, 400, 400, 400, 409, 409])
    }).pipe(Effect.scoped, Effect.provide(serviceOf(database))),

  "shows the trace of the last attempt": (database) =>
    Effect.gen(function* () {
      const { get } = yield* site({ traceUrl: (traceId) => `https://traces.example/${traceId}` })
      const sql = yield* SqlClient.SqlClient
      const id = yield* dead
      const traceId = "4bf92f3577b34da6a3ce929d0e0e4736"
      yield* sql`UPDATE jobs_done SET last_traceparent = ${`00-${traceId}-b7ad6b7169203331-01`} WHERE id = ${id}`
      const { job } = detailOf(yield* get(`/admin/jobs/job/${id}`))
      expect([job.traceId, job.traceUrl]).toEqual([undefined, undefined])
      expect([job.lastTraceId, job.lastTraceUrl]).toEqual([traceId, `https://traces.example/${traceId}`])
    }).pipe(Effect.scoped, Effect.provide(serviceOf(database))),

  "shows a job with its errors, progress and trace, and no payload unless there is a formatter": (database) =>
    Effect.gen(function* () {
      const { submit } = yield* JobService
      const traceUrl = (id: string) => (id.startsWith("0af") ? `https://traces.example/${id}` : "javascript:alert(1)")
      const plain = yield* site({ traceUrl })
      const id = yield* submit(Pay, 0).pipe(
        Effect.withParentSpan({
          _tag: "ExternalSpan",
          traceId: "0af7651916cd43dd8448eb211c80319c",
          spanId: "b7ad6b7169203331",
          sampled: true,
          context: yield* Effect.map(Effect.context<never>(), (context) => context)
        })
      )
      yield* untilState(id, "dead")
      const one = detailOf(yield* plain.get(`/admin/jobs/job/${id}`))
      const time = expect.any(Number)
      expect(one).toEqual({
        now: time,
        job: {
          id,
          jobType: "pay",
          state: "dead",
          priority: "normal",
          attempt: 1,
          acceptedAt: time,
          dueAt: time,
          startedAt: time,
          finishedAt: time,
          replays: 0,
          redeliveries: 0,
          heldBy: expect.stringMatching(/^me-/),
          reason: "Refused",
          errors: [{ attempt: 1, failedAt: time, reason: "Refused", message: hostile }],
          traceId: "0af7651916cd43dd8448eb211c80319c",
          traceUrl: "https://traces.example/0af7651916cd43dd8448eb211c80319c"
        }
      })
      const waits = yield* submit(Wait, hostile)
      yield* untilState(waits, "running")
      yield* eventually(
        Effect.map(plain.get(`/admin/jobs/job/${waits}`), (answer) =>
          expect(detailOf(answer).job.progress).toEqual({ ratio: 0.5, note: hostile })
        )
      )
      const shown = yield* site({ formatPayload: (type, json) => `${type} ${json}`, traceUrl: () => "ftp://x" })
      const two = detailOf(yield* shown.get(`/admin/jobs/job/${waits}`))
      expect(two.payload).toBe(`wait/für <b> ${JSON.stringify(hostile)}`)
      expect(detailOf(yield* shown.get(`/admin/jobs/job/${id}`)).job.traceUrl).toBeUndefined()
      const broken = yield* site({
        formatPayload: () => {
          throw new Error("no such field")
        },
        traceUrl: () => {
          throw new Error("no traces")
        }
      })
      const three = detailOf(yield* broken.get(`/admin/jobs/job/${id}`))
      expect(three).toMatchObject({
        job: { id, traceId: "0af7651916cd43dd8448eb211c80319c" },
        payload: "The payload can't be shown: `formatPayload` failed, and the log says why."
      })
      expect(broken.lines.map(({ message }) => message)).toEqual([
        "The option `traceUrl` of the jobs page failed",
        "The option `formatPayload` of the jobs page failed"
      ])
      const long = yield* site({ formatPayload: () => "x".repeat(50_000_000) })
      const { payload } = detailOf(yield* long.get(`/admin/jobs/job/${id}`))
      expect(payload).toBe(`${"x".repeat(1_000_000)}… (50000000 characters, of which these are the first)`)
    }).pipe(Effect.scoped, Effect.provide(serviceOf(database))),

  "cancels and replays one job, and counts both": (database) =>
    Effect.gen(function* () {
      const { submit } = yield* JobService
      const here = yield* site()
      const running = yield* submit(Wait, "x")
      yield* untilState(running, "running")
      const cancelled = yield* here.post(`/admin/jobs/job/${running}/cancel`)
      expect([cancelled.status, detailOf(cancelled).job.state]).toEqual([200, "cancelled"])
      const again = yield* here.post(`/admin/jobs/job/${running}/cancel`)
      expect([again.status, again.json]).toEqual([409, { _tag: "Refused", message: "The job was cancelled before" }])
      const letter = yield* dead
      const late = yield* here.post(`/admin/jobs/job/${letter}/cancel`)
      expect(late.json).toEqual({ _tag: "Refused", message: "The job is dead: nothing is left to cancel" })
      const replayed = yield* here.post(`/admin/jobs/job/${letter}/replay`)
      expect([replayed.status, detailOf(replayed).job.replays]).toEqual([200, 1])
      yield* untilState(letter, "dead")
      const none = yield* here.post("/admin/jobs/job/none/replay")
      expect([none.status, none.json]).toEqual([404, { _tag: "NotFound", message: "There is no job none" }])
      yield* lawHolds
      expect(yield* counted("jobs_cancelled_total")).toBe(1)
      expect(yield* counted("jobs_replayed_total")).toBe(1)
      expect(actions(here)).toEqual([
        { level: "INFO", who: "Ada", action: "cancel", job: running, result: "done" },
        { level: "WARN", who: "Ada", action: "cancel", job: running, result: "The job was cancelled before" },
        {
          level: "WARN",
          who: "Ada",
          action: "cancel",
          job: letter,
          result: "The job is dead: nothing is left to cancel"
        },
        { level: "INFO", who: "Ada", action: "replay", job: letter, result: "done" },
        { level: "WARN", who: "Ada", action: "replay", job: "none", result: "There is no job none" }
      ])
    }).pipe(Effect.scoped, Effect.provide(serviceOf(database))),

  "replays and deletes dead letters by their ids, and says which it left": (database) =>
    Effect.gen(function* () {
      const here = yield* site()
      const { pause, status, submit } = yield* JobService
      const [one, two, three] = [yield* dead, yield* dead, yield* dead]
      yield* pause("pay")
      const ready = yield* submit(Pay, 1)
      expect((yield* here.post("/admin/jobs/dead/replay", { ids: [one, ready] })).json).toEqual({
        done: 1,
        left: [{ id: ready, message: "The job is ready, not a dead letter" }],
        leftCount: 1,
        remaining: 0
      })
      expect((yield* here.post("/admin/jobs/dead/delete", { ids: [one, two, "none"] })).json).toEqual({
        done: 1,
        left: [
          { id: one, message: "The job is ready, not a dead letter" },
          { id: "none", message: "There is no job none" }
        ],
        leftCount: 2,
        remaining: 0
      })
      expect((yield* here.post("/admin/jobs/dead/delete", { ids: [three, three] })).json).toMatchObject({ done: 1 })
      expect((yield* here.post("/admin/jobs/dead/delete", { ids: [] })).json).toMatchObject({ done: 0, left: [] })
      expect(yield* Effect.flip(status(two))).toMatchObject({ reason: "NotFound" })
      const many = Array.from({ length: 10_001 }, (_, n) => `${n}`)
      const refused = yield* here.post("/admin/jobs/dead/delete", { ids: many })
      expect([refused.status, refused.json]).toEqual([
        409,
        { _tag: "Refused", message: "At most 10000 ids can be chosen at once, not 10001" }
      ])
      expect(yield* counted("jobs_replayed_total")).toBe(1)
      expect(actions(here).slice(0, 2)).toEqual([
        { level: "INFO", who: "Ada", action: "replay many", result: "done", count: 1, left: 1, remaining: 0 },
        { level: "INFO", who: "Ada", action: "delete many", result: "done", count: 1, left: 2, remaining: 0 }
      ])
    }).pipe(Effect.scoped, Effect.provide(serviceOf(database))),

  "replays and deletes those that match, and nothing where more match than was confirmed": (database) =>
    Effect.gen(function* () {
      const here = yield* site()
      const { deadLetters, now, pause } = yield* JobService
      yield* Effect.all([dead, dead, dead])
      yield* Effect.sleep("5 millis")
      const before = yield* now
      yield* dead
      yield* pause("pay")
      const chosen = { type: "pay", before }
      for (const kind of ["replay", "delete"]) {
        const more = yield* here.post(`/admin/jobs/dead/${kind}`, { ...chosen, expected: 2 })
        expect([more.status, more.json]).toEqual([
          409,
          { _tag: "Refused", message: "3 dead letters match, and 2 were confirmed: look again" }
        ])
        const future = yield* here.post(`/admin/jobs/dead/${kind}`, { before: before + 3_600_000, expected: 100 })
        expect([future.status, future.json]).toEqual([
          409,
          { _tag: "Refused", message: "The time before which they died has not passed yet" }
        ])
      }
      expect(yield* deadLetters.count()).toBe(4)
      const none = yield* here.post("/admin/jobs/dead/delete", { type: "other", before, expected: 5 })
      expect(none.json).toMatchObject({ done: 0 })
      const replayed = yield* here.post("/admin/jobs/dead/replay", { ...chosen, expected: 3 })
      expect(replayed.json).toEqual({ done: 3, left: [], leftCount: 0, remaining: 0 })
      expect(yield* deadLetters.count()).toBe(1)
      yield* lawHolds
      expect(yield* counted("jobs_replayed_total")).toBe(3)
      const deleted = yield* here.post("/admin/jobs/dead/delete", { before: yield* now, expected: 1 })
      expect(deleted.json).toEqual({ done: 1, left: [], leftCount: 0, remaining: 0 })
      expect(yield* deadLetters.count()).toBe(0)
    }).pipe(Effect.scoped, Effect.provide(serviceOf(database))),

  "pauses a type with slashes in its name, also behind a proxy that decodes the path": (database) =>
    Effect.gen(function* () {
      const { paused } = yield* JobService
      const { post } = yield* site()
      for (const type of ["mail/send", "a/pause", "a//b/resume/c"]) {
        expect((yield* post(`/admin/jobs/type/${type}/pause`)).status).toBe(200)
        expect(yield* paused).toEqual([type])
        expect((yield* post(`/admin/jobs/type/${encodeURIComponent(type)}/resume?x=/pause`)).status).toBe(200)
        expect(yield* paused).toEqual([])
      }
    }).pipe(Effect.scoped, Effect.provide(serviceOf(database))),

  "pauses and resumes a type, whatever its name, and shows it at once": (database) =>
    Effect.gen(function* () {
      const { paused } = yield* JobService
      const here = yield* site()
      const types = ["pay", "a/b c", "für %2F <b>", "../..", "?#&=+", "😀", "x".repeat(120)]
      for (const type of types) {
        const path = `/admin/jobs/type/${encodeURIComponent(type)}`
        yield* here.get("/admin/jobs/summary")
        const stopped = jsonOf<Summary>(yield* here.post(`${path}/pause`))
        expect(stopped.types.find(({ jobType }) => jobType === type)?.isPaused).toBe(true)
        expect(yield* paused).toEqual([type])
        yield* here.post(`${path}/resume`)
        expect(yield* paused).toEqual([])
      }
      const long = yield* here.post(`/admin/jobs/type/${"x".repeat(121)}/pause`)
      expect([long.status, long.json]).toMatchObject([409, { _tag: "Refused" }])
      const bad = yield* here.post("/admin/jobs/type/%00/pause")
      expect([bad.status, bad.json]).toMatchObject([409, { _tag: "Refused" }])
      expect(actions(here).slice(0, 2)).toEqual([
        { level: "INFO", who: "Ada", action: "pause", jobType: "pay", result: "done" },
        { level: "INFO", who: "Ada", action: "resume", jobType: "pay", result: "done" }
      ])
    }).pipe(Effect.scoped, Effect.provide(serviceOf(database))),

  "answers ids that are none, and writes log lines that nobody can forge": (database) =>
    Effect.gen(function* () {
      const who = "Eve\r\ntimestamp=now level=INFO\u2028\u202E"
      const here = yield* site({ access: () => Effect.succeed({ level: "write" as const, who }) })
      const ids = ["none", "%2F..%2F..", "%F0%9F%98%80", "%E2%80%AE%0Aforged", "a%20b", "%25", "x".repeat(3000)]
      for (const id of ids) {
        expect((yield* here.get(`/admin/jobs/job/${id}`)).status).toBe(404)
        expect((yield* here.post(`/admin/jobs/job/${id}/cancel`)).status).toBe(404)
      }
      for (const id of ["%00", "%ED%A0%80", "%", "%zz"]) {
        expect((yield* here.get(`/admin/jobs/job/${id}`)).status).toBeGreaterThanOrEqual(400)
        expect((yield* here.get(`/admin/jobs/job/${id}`)).status).toBeLessThan(500)
      }
      expect(jsonOf<{ who: string }>(yield* here.get("/admin/jobs/access")).who).toBe(who)
      for (const { annotations } of here.lines) {
        for (const value of Object.values(annotations)) {
          expect(String(value)).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
          expect(String(value).length).toBeLessThanOrEqual(200)
        }
      }
      expect(here.lines[0]?.annotations["who"]).toBe("Eve\uFFFD\uFFFDtimestamp=now level=INFO\uFFFD\uFFFD")
      expect(here.lines.at(3)?.annotations["job"]).toBe("\uFFFD\uFFFDforged")
    }).pipe(Effect.scoped, Effect.provide(serviceOf(database))),

  "says that the tables can't be reached, and no more": (database) =>
    Effect.gen(function* () {
      const here = yield* site()
      const sql = yield* SqlClient.SqlClient
      yield* sql`ALTER TABLE jobs_done RENAME TO elsewhere`
      const answers = yield* Effect.all([
        here.get("/admin/jobs/list?state=dead"),
        here.get("/admin/jobs/summary"),
        here.get("/admin/jobs/job/x"),
        here.post("/admin/jobs/dead/delete", { ids: ["x"] })
      ])
      yield* sql`ALTER TABLE elsewhere RENAME TO jobs_done`
      expect(answers.map(({ json, status }) => [status, json])).toEqual(
        answers.map(() => [503, { _tag: "Unavailable", message: "The tables of jobs can't be reached" }])
      )
      expect((yield* here.get("/admin/jobs/summary")).status).toBe(200)
    }).pipe(Effect.scoped, Effect.provide(serviceOf(database))),

  "has a typed client": (database) =>
    Effect.gen(function* () {
      const { submit } = yield* JobService
      const { port } = yield* site()
      const jobs = (yield* HttpApiClient.make(JobsApi, {
        baseUrl: `http://127.0.0.1:${port}/admin`,
        transformClient: HttpClient.mapRequest(HttpClientRequest.setHeaders({ ...writer, ...samePage }))
      })).jobs
      const id = yield* submit(Wait, "x")
      yield* untilState(id, "running")
      expect(yield* jobs.access()).toEqual({ level: "write", who: "Ada", hasPayloads: false })
      expect((yield* jobs.list({ urlParams: { state: "running", limit: 5 } })).items).toMatchObject([{ id }])
      expect((yield* jobs.cancel({ path: { id } })).job.state).toBe("cancelled")
      expect(yield* Effect.flip(jobs.job({ path: { id: encodeURIComponent("a/b ü") } }))).toMatchObject({
        _tag: "NotFound",
        message: "There is no job a/b ü"
      })
      expect(yield* Effect.flip(jobs.cancel({ path: { id } }))).toMatchObject({ _tag: "Refused" })
      const letter = yield* dead
      expect(yield* jobs.replayDead({ payload: { ids: [letter] } })).toMatchObject({ done: 1 })
      const { types } = yield* jobs.pause({ path: { type: encodeURIComponent("wait/für <b>") } })
      expect(types.filter(({ isPaused }) => isPaused)).toMatchObject([{ jobType: "wait/für <b>" }])
      const readers = (yield* HttpApiClient.make(JobsApi, {
        baseUrl: `http://127.0.0.1:${port}/admin`,
        transformClient: HttpClient.mapRequest(HttpClientRequest.setHeaders(reader))
      })).jobs
      expect(yield* Effect.flip(readers.resume({ path: { type: "pay" } }))).toMatchObject({ _tag: "Forbidden" })
    }).pipe(Effect.scoped, Effect.provide(FetchHttpClient.layer), Effect.provide(serviceOf(database)))
})
