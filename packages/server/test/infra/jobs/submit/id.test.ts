import { expect, it } from "@effect/vitest"
import { next } from "../../../../src/infra/jobs/submit/id.ts"

const version7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

it("makes UUIDs of version 7 that sort as they were made, whatever the clock does", () => {
  const times = [5, 5, 4, 1_700_000_000_000, 1_600_000_000_000, Number.NaN, -1, 1_700_000_000_001]
  const ids = times.flatMap((time) => Array.from({ length: 1000 }, () => next(time)))
  expect(ids.every((id) => version7.test(id))).toBe(true)
  expect(new Set(ids).size).toBe(ids.length)
  expect([...ids].sort()).toEqual(ids)
})

it("goes on sorting where one millisecond has more ids than its counter", () => {
  const ids = Array.from({ length: 300_000 }, () => next(0))
  let isSorted = true
  for (let index = 1; index < ids.length; index += 1) {
    isSorted &&= (ids[index - 1] ?? "") < (ids[index] ?? "")
  }
  expect(isSorted).toBe(true)
})
