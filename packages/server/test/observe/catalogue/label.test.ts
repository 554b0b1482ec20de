import { describe, expect, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import * as HashSet from "effect/HashSet"
import * as MetricLabel from "effect/MetricLabel"
import { clean, identity, maxValueLength } from "../../../src/observe/catalogue/label.ts"
import { canonical, label } from "../../../src/observe/instrument/label.ts"

const anyText = FastCheck.string({ unit: "binary", maxLength: 300 })
const anyPairs = FastCheck.dictionary(
  FastCheck.string({ unit: "binary", maxLength: 8 }),
  FastCheck.option(anyText, { nil: undefined })
)

const pairsOf = (labels: Iterable<MetricLabel.MetricLabel>) =>
  Array.from(labels, ({ key, value }) => [key, value]).sort()

describe("clean", () => {
  it("keeps a plain value as it is", () => {
    expect(clean("digest-2: ok (v1)")).toBe("digest-2: ok (v1)")
  })

  it("drops control and zero-width characters", () => {
    expect(clean("a\u0000b\u200b\nc\ufeff\u2060d\u00ad\u007f")).toBe("abcd")
  })

  it("normalises to NFKC", () => {
    expect(clean("\ufb01ancee\u0301 \u2460")).toBe("fiance\u00e9 1")
  })

  it("cuts after 120 characters and says so", () => {
    expect(clean("x".repeat(10_000))).toBe(`${"x".repeat(120)}...`)
    expect(clean("x".repeat(120))).toBe("x".repeat(120))
    expect(clean("x".repeat(121))).toBe(`${"x".repeat(120)}...`)
  })

  it("replaces a lone surrogate, and never makes one by cutting", () => {
    expect(clean("a\ud800b")).toBe("a\ufffdb")
    expect(clean(`${"x".repeat(119)}\u{1f600}${"y".repeat(10)}`)).toBe(`${"x".repeat(119)}...`)
  })

  it.prop("changes nothing the second time, and is always short, well-formed and clean", [anyText], ([text]) => {
    const once = clean(text)
    expect(clean(once)).toBe(once)
    expect(once.length).toBeLessThanOrEqual(maxValueLength + 3)
    expect(once.isWellFormed()).toBe(true)
    expect(once.normalize("NFKC")).toBe(once)
    expect(once).not.toMatch(/[\p{Cc}\p{Cf}]/u)
  })

  it.prop(
    "changes nothing the second time for long values of any script",
    [
      FastCheck.array(FastCheck.constantFrom("e", "\u0301", "\u200d", "\u{1f600}", "\ufdfa", "\ud800", ".", "\u2026"), {
        minLength: 100,
        maxLength: 200
      })
    ],
    ([parts]) => {
      const once = clean(parts.join(""))
      expect(clean(once)).toBe(once)
    }
  )
})

describe("label", () => {
  it("drops what is undefined or has nothing left", () => {
    expect(pairsOf(label({ job_type: "digest", priority: undefined, operation: "\u200b" }))).toEqual([
      ["job_type", "digest"]
    ])
  })

  it.prop("changes nothing when it is applied to its own result", [anyPairs], ([pairs]) => {
    const once = label(pairs)
    const twice = label(Object.fromEntries(pairsOf(once)))
    expect(pairsOf(twice)).toEqual(pairsOf(once))
  })

  it.prop("does not mind the order of its pairs", [anyPairs], ([pairs]) => {
    const reversed = Object.fromEntries(Object.entries(pairs).reverse())
    expect(HashSet.toValues(label(reversed)).length).toBe(HashSet.toValues(label(pairs)).length)
    expect(identity(canonical(label(reversed)))).toBe(identity(canonical(label(pairs))))
  })
})

describe("canonical", () => {
  const labels = (...pairs: ReadonlyArray<readonly [string, string]>) =>
    pairs.map(([key, value]) => MetricLabel.make(key, value))

  it("sorts by key and keeps keys unique, the first of its own labels winning", () => {
    expect(pairsOf(canonical(labels(["b", "1"], ["a", "2"], ["b", "3"])))).toEqual([
      ["a", "2"],
      ["b", "1"]
    ])
    expect(canonical(labels(["b", "1"], ["a", "2"])).map(({ key }) => key)).toEqual(["a", "b"])
  })

  it("lets its own labels beat ambient ones, and the innermost ambient label the outer ones", () => {
    const ambient = labels(["tenant", "outer"], ["zone", "outer"], ["zone", "inner"])
    expect(pairsOf(canonical(labels(["tenant", "own"]), ambient))).toEqual([
      ["tenant", "own"],
      ["zone", "inner"]
    ])
  })

  it("keeps an ambient label from a name that means something else also where cleaning makes it that name", () => {
    const ambient = labels(
      ["outcome\u200b", "a"],
      ["\uff4a\uff4f\uff42", "b"],
      ["\u2060le", "c"],
      ["_\u00ad_name__", "d"]
    )
    expect(pairsOf(canonical(labels(["outcome", "failure"]), ambient))).toEqual([
      ["exported___name__", "d"],
      ["exported_job", "b"],
      ["exported_le", "c"],
      ["exported_outcome", "a"],
      ["outcome", "failure"]
    ])
  })

  it("lets its own labels beat ambient ones that Prometheus spells the same", () => {
    const ambient = labels(["job.type", "a"], ["job-type\u200b", "b"], ["zone.id", "outer"], ["zone-id", "inner"])
    expect(pairsOf(canonical(labels(["job_type", "own"]), ambient))).toEqual([
      ["job_type", "own"],
      ["zone-id", "inner"],
      ["zone.id", "outer"]
    ])
  })

  it.prop("gives different identities to different label sets", [anyPairs, anyPairs], ([left, right]) => {
    const [one, other] = [canonical(label(left)), canonical(label(right))]
    expect(identity(one) === identity(other)).toBe(JSON.stringify(pairsOf(one)) === JSON.stringify(pairsOf(other)))
  })
})
