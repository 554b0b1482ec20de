/** Job types with characters that PromQL, YAML, patterns and templates read as their own. */
import { describe, expect, it } from "vitest"
import { command, folderWith } from "../support/folder.ts"
import { has } from "../support/promtool.ts"

/** A job type, and one that a pattern made of it would match as well. */
const types = [
  ["a.b", "a-b"],
  ["a|b", "a"],
  ["(a", "((a"],
  ["a+", "aa"],
  ['a"b', "a'b"],
  ["a\\b", "a\\\\b"],
  ["a\\d", "a1"],
  ["a$b", "a"],
  ["{{ $value }}", "1"],
  ["a\nb", "a b"],
  ["é ✓ ", "é ✓"],
  ["__proto__", "constructor"]
] as const

const age = (type: string, values: string) => ({
  series: `jobs_queue_oldest_age_seconds{job="shop", instance="one", job_type=${JSON.stringify(type)}}`,
  values
})

/** Waits for longer than its type may; the other waits for as long, which it may. */
const test = ([type, other]: readonly [type: string, other: string]) => ({
  alert: "JobQueueOldestAgeHigh",
  when: "a job waits",
  series: [age(type, "0x10 60+60x60"), age(other, "120x70")],
  firesAt: 22,
  firing: [
    {
      labels: { job: "shop", job_type: type },
      summary: `${type} jobs of shop wait too long.`,
      description: `The oldest runnable ${type} job has waited 12m 0s, longer than expected for its type. Check whether jobs are taken at all (JobQueueStalled), whether all slots are used, and whether more jobs arrive than finish.`
    }
  ],
  healthy: { when: "another one does", series: [age(other, "120x70")] }
})

describe.runIf(has("promtool"))("what is expected of a job type", () => {
  it("holds for it and for no other, whatever its name is", async () => {
    const jobTypes = Object.fromEntries(types.map(([type]) => [type, { oldestAge: 60 }]))
    const config = JSON.stringify({ forms: { prometheus: true }, jobTypes, rules: { tests: types.map(test) } })
    const folder = folderWith({ "monitoring.config.json": config })
    expect(await command(folder, "generate")).toMatchObject({ code: 0, error: "" })
    expect(await command(folder, "check")).toEqual({
      code: 0,
      out: "19 files are as generated, and promtool accepts their rules.\n",
      error: ""
    })
  })
})
