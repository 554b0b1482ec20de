import { expect, it } from "vitest"
import { filledIn } from "../../src/record/queries.ts"

it("a query is asked of everything, or of one service", () => {
  const query = 'rate(jobs{job=~"$service", job_type=~"$job_type"}[$__rate_interval])'
  expect(filledIn(query, { rateInterval: "15s" })).toBe('rate(jobs{job=~".*", job_type=~".*"}[15s])')
  expect(filledIn(query, { rateInterval: "15s", service: "shop" })).toBe('rate(jobs{job=~"shop", job_type=~".*"}[15s])')
})
