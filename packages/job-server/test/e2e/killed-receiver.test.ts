import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { documentOf, manyFiles } from "../demo/document.ts"
import { folderOf, start } from "../program.ts"

describe("the demo", { timeout: 120_000 }, () => {
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
})
