import * as FastCheck from "effect/FastCheck"
import { expect, it } from "vitest"
import { shortened, wrapped } from "../../src/demo/fit.ts"

it("keeps the beginning and the end of what is too long", () => {
  expect(shortened("parametric-portal/jobs-depth interrupted", 20)).toBe("parametric\u2026terrupted")
  expect(["abc", "abcd"].map((text) => shortened(text, 3))).toEqual(["abc", "a\u2026d"])
})

it("breaks lines between words, keeps their indent, and loses no word", () => {
  expect(wrapped("  one two three", 9)).toEqual(["  one two", "  three"])
  FastCheck.assert(
    FastCheck.property(FastCheck.array(FastCheck.stringMatching(/^[a-z]{1,9}$/)), (words) => {
      const lines = wrapped(words.join(" "), 10)
      expect(lines.join(" ")).toBe(words.join(" "))
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(10)
    })
  )
})
