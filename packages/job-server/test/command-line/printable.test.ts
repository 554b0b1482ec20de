import * as FastCheck from "effect/FastCheck"
import { describe, expect, it } from "vitest"
import { oneLine, printable } from "../../src/command-line/printable.ts"

describe("printable", () => {
  it("leaves text in any script, lines and tabs as they are", () => {
    const text = "a\tb\nč 漢字 עברית \u{1f469}\u200d\u{1f4bb} \\u001b"
    expect(printable(text)).toBe(text)
  })

  it.each([
    ["\u001b[2J", "\\u001b[2J"],
    ["\u009b31m", "\\u009b31m"],
    ["\u001b]0;title\u0007", "\\u001b]0;title\\u0007"],
    ["a\rb", "a\\u000db"],
    ["a\b\u007f", "a\\u0008\\u007f"],
    ["\u202etxt.exe", "\\u202etxt.exe"],
    ["\u2066a\u2069", "\\u2066a\\u2069"],
    ["a\u2028b\u2029", "a\\u2028b\\u2029"],
    ["\ud800", "\\ud800"],
    ["\u{e0001}", "\\udb40\\udc01"],
    ["\ufeff\u200b", "\\ufeff\\u200b"]
  ])("shows what a terminal would obey: %j", (given, shown) => {
    expect(printable(given)).toBe(shown)
    expect(oneLine(`${given}\n`)).toBe(`${shown}\\u000a`)
  })

  it("leaves a JSON document the document that it was", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.string({ unit: "binary" }), (text) => {
        const document = JSON.stringify({ text }, undefined, 2)
        expect(JSON.parse(printable(document))).toEqual({ text })
        expect(printable(text)).not.toMatch(/(?![\n\t])[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]/u)
        expect(oneLine(text)).not.toContain("\n")
      })
    )
  })
})
