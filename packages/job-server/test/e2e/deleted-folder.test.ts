import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { rm } from "node:fs/promises"
import { documentOf, manyFiles } from "../demo/document.ts"
import { folderOf, start } from "../program.ts"

describe("the demo", { timeout: 120_000 }, () => {
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
})
