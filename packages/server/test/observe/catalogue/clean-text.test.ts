import { describe, expect, it } from "vitest"
import { clean, maxValueLength } from "../../../src/observe/catalogue/label.ts"
import { cleanTo, detached } from "../../../src/observe/catalogue/clean-text.ts"

const times = (part: string, length = 300_000) => part.repeat(length / part.length)

const hostile: Readonly<Record<string, string>> = {
  "combining marks": times("\u0301"),
  "combining marks out of order": times("\u0301\u0316"),
  "marks that come apart and out of order": times("\u0f73\u0f75\u0f81"),
  "letters with many marks": times(`a${"\u0301\u0316\u0327".repeat(20)}`),
  "letters with marks that come apart": times(`a${"\u0344".repeat(29)}`),
  "Arabic marks": times("\u064b\u0651\u0650"),
  "ligatures of eighteen letters": times("\ufdfa"),
  "zero-width characters": times("\u200b"),
  "control characters": times("\u0000"),
  "invisible characters between letters": times("e\u200d\u0301"),
  "parts of Hangul syllables": times("\u1100\u1161\u11a8"),
  "halves of characters": times("\ud800"),
  "plain letters": times("x")
}

/** The best of several runs, since a busy machine can only make one longer. */
const quickest = (run: () => unknown): number =>
  Math.min(
    ...Array.from({ length: 12 }, () => {
      const started = performance.now()
      run()
      return performance.now() - started
    })
  )

describe("clean", () => {
  it.each(Object.keys(hostile))("takes microseconds for %s", (name) => {
    const text = hostile[name] ?? ""
    expect(quickest(() => clean(text))).toBeLessThan(2)
    const once = clean(text)
    expect(clean(once)).toBe(once)
    expect(once.length).toBeLessThanOrEqual(maxValueLength + 3)
    expect(once.normalize("NFKC")).toBe(once)
  })

  it("keeps the marks that a language has", () => {
    const vietnamese = "Ti\u1ebfng Vi\u1ec7t".normalize("NFD")
    expect(clean(vietnamese)).toBe(vietnamese.normalize("NFC"))
    expect(clean(`a${"\u0316".repeat(40)}b`)).toBe(`a${"\u0316".repeat(30)}b`)
  })

  it("finds the words among invisible characters, but not behind pages of them", () => {
    expect(clean(`${"\u200b".repeat(500)}ok`)).toBe("ok")
    expect(clean(`${"\u200b".repeat(300_000)}ok`)).toBe("")
  })
})

describe("cleanTo", () => {
  it("cuts at the length that is asked for", () => {
    expect(cleanTo("x".repeat(301), 300)).toBe(`${"x".repeat(300)}...`)
    expect(cleanTo("a\u202eb\u001b[31m", 300)).toBe("ab[31m")
  })
})

describe("detached", () => {
  it("changes nothing", () => {
    for (const text of ["", "x", "x".repeat(13), "\ud800".repeat(20), "ab\u0000".repeat(20)]) {
      expect(detached(text)).toBe(text)
    }
  })
})
