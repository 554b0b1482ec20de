import { describe, expect, it } from "vitest"
import { nearest } from "../../src/config/check.ts"

describe("the name that was meant", () => {
  const known = ["jobTypes", "otherJobTypes", "routes", "to"]

  it("is one that differs by a few letters, or by their case", () => {
    expect(["jobtypes", "jobType", "otherJobsTypes", "route", "too"].map((name) => nearest(name, known))).toEqual([
      "jobTypes",
      "jobTypes",
      "otherJobTypes",
      "routes",
      "to"
    ])
  })

  it("is none where all differ by more", () => {
    expect(["selector", "jt", "x".repeat(8)].map((name) => nearest(name, known))).toEqual([
      undefined,
      undefined,
      undefined
    ])
  })
})
