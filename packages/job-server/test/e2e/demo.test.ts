import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { writeFile } from "node:fs/promises"
import path from "node:path"
import { folderOf, run, start } from "../program.ts"
import { documentOf, manyFiles } from "../demo/document.ts"

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
