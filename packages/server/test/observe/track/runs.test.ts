/** What runs now, oldest first. */
import { expect, it } from "@effect/vitest"
import { type Run, Runs } from "../../../src/observe/track/runs.ts"

const run = (): Run => ({ elapsed: () => 0, before: undefined, after: undefined })

it("knows the oldest in whatever order runs leave, and one that has left holds no other", () => {
  const runs = new Runs()
  const [first, second, third, last] = [run(), run(), run(), run()]
  for (const one of [first, second, third, last]) {
    runs.enter(one)
  }
  runs.leave(second)
  expect(runs.oldest).toBe(first)
  runs.leave(first)
  expect(runs.oldest).toBe(third)
  runs.leave(last)
  runs.leave(third)
  expect(runs.oldest).toBe(undefined)
  for (const { after, before } of [first, second, third, last]) {
    expect([before, after]).toEqual([undefined, undefined])
  }
})
