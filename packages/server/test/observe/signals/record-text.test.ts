/** How much text a record has. */
import { describe, expect, it } from "@effect/vitest"
import { textOf } from "../../../src/observe/signals/record-text.ts"

describe("the text of a record", () => {
  it("is that of its values and keys, however they are nested", () => {
    expect(textOf("four")).toBe(4)
    expect(textOf({ key: "four" })).toBe(7)
    expect(textOf([{ a: ["xx", "yyy"] }, "zzzz"])).toBe(textOf(["xx", "yyy", "zzzz"]) + "0a".length)
    expect(textOf(new Uint8Array(100))).toBe(100)
    expect(textOf("x".repeat(400_000))).toBe(400_000)
  })

  it("is a little for what has none, has no end or can't be read", () => {
    const cycle: Record<string, unknown> = {}
    cycle["self"] = cycle
    const throwing = {
      get no() {
        throw new Error("no")
      }
    }
    for (const value of [1, true, null, undefined, Symbol("no"), cycle, throwing]) {
      expect(textOf(value)).toBeGreaterThan(0)
      expect(textOf(value)).toBeLessThan(100)
    }
  })
})
