import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import { rm, writeFile } from "node:fs/promises"
import path from "node:path"
import { type Exited, folderOf, run, start } from "../program.ts"

const Counts = Schema.Record({ key: Schema.String, value: Schema.Number })

/** The JSON document on standard output. */
const Document = Schema.parseJson(
  Schema.Struct({
    agreed: Schema.Boolean,
    jobs: Schema.Struct({
      total: Schema.Number,
      types: Counts,
      completed: Schema.Number,
      failed: Schema.Number,
      failures: Counts,
      cancelled: Schema.Number,
      retried: Schema.Number,
      replayed: Schema.Number,
      redelivered: Schema.Number,
      unfinished: Schema.Number
    }),
    metrics: Schema.Array(
      Schema.Struct({
        name: Schema.String,
        labels: Schema.Record({ key: Schema.String, value: Schema.String }),
        received: Schema.Number,
        truth: Schema.Number,
        agreed: Schema.Boolean
      })
    ),
    delivery: Schema.Struct({ lastSeen: Schema.String, lost: Schema.optional(Schema.String) })
  })
)

const documentOf = ({ code, stderr, stdout }: Exited) =>
  Effect.mapError(
    Schema.decode(Document)(stdout),
    ({ message }) =>
      new Error(`it exited with ${code} and printed no such document: ${stderr.slice(-1000)}\n${message}`)
  )

/** Enough files for jobs that take a few seconds. */
const manyFiles = Object.fromEntries(
  Array.from({ length: 80 }, (_, index) => [`texts/${index}.txt`, `Line ${index}\n`.repeat(2_000)])
)

/** Waits until the page that can be scraped counts so many jobs. */
const untilEnqueued = (page: string, jobs: number): Effect.Effect<void> =>
  Effect.promise(() => fetch(page).then((response) => response.text())).pipe(
    Effect.map((text) => Array.from(text.matchAll(/^jobs_enqueued_total{.*} (\d+)/gm), ([, count]) => Number(count))),
    Effect.repeat({
      until: (counts) => counts.reduce((sum, count) => sum + count, 0) === jobs,
      schedule: Schedule.spaced("50 millis")
    }),
    Effect.asVoid
  )

describe("the demo", { timeout: 120_000 }, () => {
  it.scopedLive("agrees on every metric, and says so in one document", () =>
    Effect.gen(function* () {
      const folder = yield* folderOf({ "a.txt": "a", "deep/b.json": "{}", "node_modules/c.txt": "c", ".git/d": "d" })
      const exited = yield* run("main", [folder, "--once", "--json"], { isSource: true })
      const { agreed, jobs, metrics } = yield* documentOf(exited)
      expect(metrics.filter((line) => !line.agreed)).toEqual([])
      expect({ code: exited.code, agreed }).toEqual({ code: 0, agreed: true })
      // Six files of its own, four of them .json that cannot be parsed until one is fixed, and two of the folder.
      expect(jobs).toEqual({
        total: 22,
        types: { compress: 8, digest: 8, parse: 6 },
        completed: 19,
        failed: 3,
        failures: { Malformed: 2, TooLarge: 1 },
        cancelled: 0,
        retried: 2,
        replayed: 1,
        redelivered: 0,
        unfinished: 0
      })
    })
  )

  it.scopedLive("continues when the receiver is killed, says what was not delivered, and does not agree", () =>
    Effect.gen(function* () {
      const folder = yield* folderOf(manyFiles)
      const demo = yield* start("main", [folder, "--once", "--json"])
      const [, pid = ""] = yield* demo.waitFor(/Receiving metrics at .* \(process (\d+)\)/)
      yield* demo.waitFor(/^\d+ of \d+ jobs$/m)
      yield* Effect.sync(() => process.kill(Number(pid), "SIGKILL"))
      const exited = yield* demo.exited
      const { agreed, delivery, jobs, metrics } = yield* documentOf(exited)
      expect({ code: exited.code, agreed, total: jobs.total, unfinished: jobs.unfinished }).toEqual({
        code: 1,
        agreed: false,
        total: 177,
        unfinished: 0
      })
      expect(delivery.lost).toMatch(/^the receiver at http:.* stopped answering$/)
      expect(exited.stderr).toMatch(/The receiver \(process \d+\) is lost\. The jobs continue/)
      const completed = metrics.filter(({ name }) => name === "jobs_completed_total")
      expect(completed.some(({ received, truth }) => received < truth)).toBe(true)
    })
  )

  it.scopedLive("keeps running, handles changes, and on Ctrl-C flushes and stops", () =>
    Effect.gen(function* () {
      const folder = yield* folderOf({ "a.txt": "a" })
      const env = { ...process.env, OTEL_METRICS_EXPORTER: "prometheus", OTEL_EXPORTER_PROMETHEUS_PORT: "0" }
      const demo = yield* start("main", [folder, "--json"], { env })
      yield* demo.waitFor(/All jobs are done\. Watching/)
      yield* Effect.promise(() => writeFile(path.join(folder, "new.json"), "[]"))
      yield* demo.waitFor(/1 changed: .*new\.json/)
      const [, page = ""] = yield* demo.waitFor(/Metrics can be scraped at (\S+)/)
      yield* untilEnqueued(page, 22)
      yield* Effect.sync(() => demo.child.kill("SIGINT"))
      const exited = yield* demo.exited
      const { agreed, jobs } = yield* documentOf(exited)
      expect({ code: exited.code, agreed, total: jobs.total }).toEqual({ code: 0, agreed: true, total: 22 })
      expect(exited.stderr.split("\n").filter((line) => line.startsWith("Stopped"))).toEqual(["Stopped by Ctrl-C."])
    })
  )

  it.scopedLive("stops after its seconds, and agrees on what was done by then", () =>
    Effect.gen(function* () {
      const folder = yield* folderOf(manyFiles)
      const exited = yield* run("main", [folder, "--once", "--json", "--seconds", "2"])
      const { agreed, jobs, metrics } = yield* documentOf(exited)
      expect(metrics.filter((line) => !line.agreed)).toEqual([])
      expect({ code: exited.code, agreed }).toEqual({ code: 0, agreed: true })
      expect(jobs.completed + jobs.failed + jobs.cancelled + jobs.unfinished).toBe(jobs.total)
      expect(exited.stderr).toMatch(/Stopped after 2 seconds\./)
    })
  )

  it.scopedLive("stops at once on Ctrl-C while it starts, and leaves no process behind", () =>
    Effect.gen(function* () {
      const folder = yield* folderOf({ "a.txt": "a" })
      const demo = yield* start("main", [folder, "--json", "--runners", "2"])
      yield* demo.waitFor(/Starting PostgreSQL/)
      const [, pid = ""] = yield* demo.waitFor(/Receiving metrics at .* \(process (\d+)\)/)
      yield* Effect.sync(() => demo.child.kill("SIGINT"))
      const exited = yield* Effect.timeout(demo.exited, "20 seconds")
      const { agreed, jobs } = yield* documentOf(exited)
      expect({ code: exited.code, agreed, total: jobs.total }).toEqual({ code: 1, agreed: false, total: 0 })
      expect(exited.stderr).toMatch(/^Stopped by Ctrl-C, before any job was submitted\.$/m)
      expect(() => process.kill(Number(pid), 0)).toThrow("ESRCH")
    })
  )

  it.scopedLive("continues when its folder is deleted, with failed jobs", () =>
    Effect.gen(function* () {
      const folder = yield* folderOf(manyFiles)
      const demo = yield* start("main", [folder, "--once", "--json"])
      yield* demo.waitFor(/Submitting jobs for the 80 files/)
      yield* Effect.promise(() => rm(folder, { recursive: true }))
      const exited = yield* demo.exited
      const { agreed, jobs } = yield* documentOf(exited)
      expect({ code: exited.code, agreed, unfinished: jobs.unfinished }).toEqual({
        code: 0,
        agreed: true,
        unfinished: 0
      })
      expect(jobs.failures["Unreadable"] ?? 0).toBeGreaterThan(0)
    })
  )

  it.scopedLive("runs in an empty folder, on its own files", () =>
    Effect.gen(function* () {
      const folder = yield* folderOf({})
      const exited = yield* run("main", [folder, "--once"])
      expect({ code: exited.code, first: exited.stdout.trimStart().split("\n")[0] }).toEqual({
        code: 0,
        first: expect.stringMatching(/^Agreed: all \d+ series match what happened\.$/)
      })
    })
  )
})
