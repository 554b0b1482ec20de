/** What a killed demo leaves in the folder for temporary files is gone after the next start. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { mkdir, readdir } from "node:fs/promises"
import path from "node:path"
import { folderOf, run, start } from "../program.ts"

describe("temporary folders", { timeout: 120_000 }, () => {
  it.scopedLive("of a killed demo are deleted by the next one, and those of a running one stay", () =>
    Effect.gen(function* () {
      const temporary = yield* folderOf({})
      const env = { ...process.env, TMPDIR: temporary }
      const folder = yield* folderOf({ "a.txt": "a" })
      const names = Effect.promise(() => readdir(temporary))
      const foreign = ["job-server-mine", "job-server-files-1-x", "other-1-2-3-abcdef"]
      yield* Effect.forEach(foreign, (name) => Effect.promise(() => mkdir(path.join(temporary, name))))

      const killed = yield* start("main", [folder], { env })
      yield* killed.waitFor(/Control this server/)
      const left = (yield* names).filter((name) => !foreign.includes(name))
      expect(left.map((name) => name.replace(/-\d.*/, "")).sort()).toEqual([
        "job-server-data",
        "job-server-files",
        "job-servers"
      ])
      const beside = yield* run("main", [folder, "--once"], { env })
      expect(beside.code).toBe(0)
      expect((yield* names).filter((name) => !foreign.includes(name)).sort()).toEqual(left.sort())

      killed.child.kill("SIGKILL")
      yield* killed.exited
      expect((yield* run("main", [folder, "--once"], { env })).code).toBe(0)
      expect((yield* names).sort()).toEqual(foreign.sort())
    })
  )
})
