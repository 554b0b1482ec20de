/** How much text a record has. */
import { describe, expect, it } from "@effect/vitest"
import { charactersIn } from "../../../src/observe/signals/record-text.ts"

describe("the text of a record", () => {
  it("is that of its values and keys, however they are nested", () => {
    expect(charactersIn("four")).toBe(4)
    expect(charactersIn({ key: "four" })).toBe(7)
    expect(charactersIn([{ a: ["xx", "yyy"] }, "zzzz"])).toBe(charactersIn(["xx", "yyy", "zzzz"]) + "0a".length)
    expect(charactersIn(new Uint8Array(100))).toBe(100)
    expect(charactersIn("x".repeat(400_000))).toBe(400_000)
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
      expect(charactersIn(value)).toBeGreaterThan(0)
      expect(charactersIn(value)).toBeLessThan(100)
    }
  })
})
