import { describe, expect, it } from "vitest"
import {
  clusterErrorType,
  defectReason,
  errorTag,
  failureReason,
  textOf
} from "../../../src/observe/catalogue/error-name.ts"

const names = { errorTag, failureReason, clusterErrorType }
const long = "x".repeat(300_000)
const cut = `${"x".repeat(120)}...`

describe.each(Object.keys(names))("%s", (name) => {
  const nameOf = Object.entries(names).find(([key]) => key === name)?.[1] ?? errorTag

  it("cuts and cleans what an error says", () => {
    expect(nameOf({ _tag: long })).toBe(cut)
    expect(nameOf({ _tag: "a\u0000\u202eb\n" })).toBe("ab")
  })

  it("passes over what has nothing left when it is clean", () => {
    expect(nameOf({ _tag: "\u200b" })).toBe(nameOf({}))
  })
})

describe("the reason of a failure, and the type of a cluster error", () => {
  it("are cut and clean, and come from the tag where the reason has nothing left", () => {
    for (const nameOf of [failureReason, clusterErrorType]) {
      expect(nameOf({ reason: long, _tag: "Tag" })).toBe(cut)
      expect(nameOf({ reason: "\u0007", _tag: "Tag" })).toBe("Tag")
    }
    expect(clusterErrorType({ name: long })).toBe(cut)
    const named = Object.defineProperty(class extends Error {}, "name", { value: long })
    expect([errorTag(new named()), failureReason(new named())]).toEqual([cut, cut])
    expect(defectReason(new (Object.defineProperty(class {}, "name", { value: long }))())).toBe(cut)
  })
})

describe("textOf", () => {
  it("leaves a text as it is", () => {
    expect(textOf({ message: "a\nb" }, "message")).toBe("a\nb")
  })
})
