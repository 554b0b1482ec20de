import { expect, it } from "vitest"
import { formatResponse } from "../../src/admin/jobs-format.ts"

const hostile = "a\u001b[2J\nid          forged"
const shown = "a\\u001b[2J\\u000aid          forged"

const job = {
  id: "1",
  jobType: hostile,
  state: "dead",
  priority: "high",
  attempt: 1,
  acceptedAt: 0,
  replays: 0,
  redeliveries: 0,
  reason: hostile,
  result: hostile,
  errors: [{ attempt: 1, message: hostile, reason: hostile }]
} as const

it("prints what others wrote in one line each, without escape sequences", () => {
  const text = formatResponse({ _tag: "Job", job } as never, { _tag: "Status", id: "1" } as never)
  expect(text.split("\n").slice(-3)).toEqual([
    `reason      ${shown}`,
    `result      ${shown}`,
    `error       attempt 1: ${shown}: a\\u001b[2J id forged`
  ])
  for (const request of ["Submit", "Cancel", "Replay"]) {
    const line = formatResponse({ _tag: "Job", job: { ...job, id: hostile } } as never, { _tag: request } as never)
    expect(line).toMatch(/^(Job )?a\\u001b\[2J\\u000aid {10}forged/)
  }
  const dead = { ...job, attempts: 1, deadAt: 0 }
  const rows = formatResponse({ _tag: "DeadLetters", items: [dead], next: hostile } as never, { _tag: "Dead" } as never)
  expect(rows.split("\n").length).toBe(2)
  const depths = [{ jobType: hostile, state: "ready", jobs: 1 }]
  expect(formatResponse({ _tag: "Depths", depths } as never, { _tag: "Depths" } as never)).toBe(`${shown}ready      1`)
})
