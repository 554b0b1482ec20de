import { describe, expect, it } from "vitest"
import { allToggled, kept, toggled } from "../../src/page/jobs/selection.ts"

describe("selection", () => {
  it("takes a row in, and out again", () => {
    const one = toggled(new Set(["a"]), "__proto__")
    expect([[...one], [...toggled(one, "a")]]).toEqual([["a", "__proto__"], ["__proto__"]])
  })

  it("takes all rows where some are missing, and none where all are there", () => {
    expect([[...allToggled(new Set(["a"]), ["a", "b"])], [...allToggled(new Set(["a", "b"]), ["a", "b"])]]).toEqual([
      ["a", "b"],
      []
    ])
  })

  it("loses rows that have left", () => {
    expect([...kept(new Set(["a", "b"]), ["b", "c"])]).toEqual(["b"])
  })

  it("is the same one where nothing has left, so that nothing is drawn again", () => {
    const selection = new Set(["a"])
    expect(kept(selection, ["a", "b"])).toBe(selection)
  })
})
