import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { rm, writeFile } from "node:fs/promises"
import path from "node:path"
import { type Ended, folderOf, run, start } from "../program.ts"

const Counts = Schema.Record({ key: Schema.String, value: Schema.Number })

/** The document on standard output, as a reader of it would take it. */
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

const documentOf = ({ code, stderr, stdout }: Ended) =>
  Effect.mapError(
    Schema.decode(Document)(stdout),
    ({ message }) => new Error(`it ended with ${code}, and no such document: ${stderr.slice(-1000)}\n${message}`)
  )

/** So many files that the jobs of a test take a few seconds. */
const manyFiles = Object.fromEntries(
  Array.from({ length: 80 }, (_, index) => [`texts/${index}.txt`, `Line ${index}\n`.repeat(2_000)])
)

describe("the demo", { timeout: 120_000 }, () => {
  it.scopedLive("agrees with the ground truth on every metric, and says so in one document", () =>
    Effect.gen(function* () {
      const folder = yield* folderOf({ "a.txt": "a", "deep/b.json": "{}", "node_modules/c.txt": "c", ".git/d": "d" })
      const ended = yield* run("main", [folder, "--once", "--json"])
      const { agreed, jobs, metrics } = yield* documentOf(ended)
      expect(metrics.filter((line) => !line.agreed)).toEqual([])
      expect({ code: ended.code, agreed }).toEqual({ code: 0, agreed: true })
      // Six files of its own, four of them .json that can't be parsed until one is mended, and two of the folder.
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

  it.scopedLive("goes on when the receiver is killed, says what was not delivered, and does not agree", () =>
    Effect.gen(function* () {
      const folder = yield* folderOf(manyFiles)
      const demo = yield* start("main", [folder, "--once", "--json"])
      const [, pid = ""] = yield* demo.says(/received at .* by process (\d+)/)
      yield* demo.says(/^\d+ of \d+ jobs$/m)
      yield* Effect.sync(() => process.kill(Number(pid), "SIGKILL"))
      const ended = yield* demo.ended
      const { agreed, delivery, jobs, metrics } = yield* documentOf(ended)
      expect({ code: ended.code, agreed, total: jobs.total, unfinished: jobs.unfinished }).toEqual({
        code: 1,
        agreed: false,
        total: 177,
        unfinished: 0
      })
      expect(delivery.lost).toMatch(/^the receiver at http:.* does not answer any more$/)
      expect(ended.stderr).toMatch(/The receiver \(process \d+\) is lost\. The jobs go on/)
      const completed = metrics.filter(({ name }) => name === "jobs_completed_total")
      expect(completed.some(({ received, truth }) => received < truth)).toBe(true)
    })
  )

  it.scopedLive("stays up, works on what changes, and on Ctrl-C flushes and ends", () =>
    Effect.gen(function* () {
      const folder = yield* folderOf({ "a.txt": "a" })
      const demo = yield* start("main", [folder, "--json"])
      yield* demo.says(/All done\. Waiting for changes/)
      yield* Effect.promise(() => writeFile(path.join(folder, "new.json"), "[]"))
      yield* demo.says(/1 changed: .*new\.json/)
      yield* Effect.sleep("500 millis")
      yield* Effect.sync(() => demo.child.kill("SIGINT"))
      const ended = yield* demo.ended
      const { agreed, jobs } = yield* documentOf(ended)
      expect({ code: ended.code, agreed, total: jobs.total }).toEqual({ code: 0, agreed: true, total: 22 })
      expect(ended.stderr.split("\n").filter((line) => line.startsWith("Ended"))).toEqual(["Ended by Ctrl-C."])
    })
  )

  it.scopedLive("ends when its seconds are over, with what is done by then, and agrees on that", () =>
    Effect.gen(function* () {
      const folder = yield* folderOf(manyFiles)
      const ended = yield* run("main", [folder, "--once", "--json", "--seconds", "2"])
      const { agreed, jobs, metrics } = yield* documentOf(ended)
      expect(metrics.filter((line) => !line.agreed)).toEqual([])
      expect({ code: ended.code, agreed }).toEqual({ code: 0, agreed: true })
      expect(jobs.completed + jobs.failed + jobs.cancelled + jobs.unfinished).toBe(jobs.total)
      expect(ended.stderr).toMatch(/Ended after 2 seconds\./)
    })
  )

  it.scopedLive("ends at once on Ctrl-C while it starts, and leaves no process behind", () =>
    Effect.gen(function* () {
      const folder = yield* folderOf({ "a.txt": "a" })
      const demo = yield* start("main", [folder, "--json", "--runners", "2"])
      yield* demo.says(/Starting PostgreSQL/)
      const [, pid = ""] = yield* demo.says(/received at .* by process (\d+)/)
      yield* Effect.sync(() => demo.child.kill("SIGINT"))
      const ended = yield* Effect.timeout(demo.ended, "20 seconds")
      const { agreed, jobs } = yield* documentOf(ended)
      expect({ code: ended.code, agreed, total: jobs.total }).toEqual({ code: 1, agreed: false, total: 0 })
      expect(ended.stderr).toMatch(/^Ended by Ctrl-C, before any job was submitted\.$/m)
      expect(() => process.kill(Number(pid), 0)).toThrow("ESRCH")
    })
  )

  it.scopedLive("goes on when its folder is gone, with jobs that fail of it", () =>
    Effect.gen(function* () {
      const folder = yield* folderOf(manyFiles)
      const demo = yield* start("main", [folder, "--once", "--json"])
      yield* demo.says(/Working on the 80 files/)
      yield* Effect.promise(() => rm(folder, { recursive: true }))
      const ended = yield* demo.ended
      const { agreed, jobs } = yield* documentOf(ended)
      expect({ code: ended.code, agreed, unfinished: jobs.unfinished }).toEqual({
        code: 0,
        agreed: true,
        unfinished: 0
      })
      expect(jobs.failures["Unreadable"] ?? 0).toBeGreaterThan(0)
    })
  )

  it.scopedLive("works in a folder without files, on the broken ones of its own", () =>
    Effect.gen(function* () {
      const folder = yield* folderOf({})
      const ended = yield* run("main", [folder, "--once"])
      expect({ code: ended.code, last: ended.stdout.trimEnd().split("\n").at(-1) }).toEqual({
        code: 0,
        last: expect.stringMatching(/^Agreed: all \d+ series are what really happened\.$/)
      })
    })
  )
})
