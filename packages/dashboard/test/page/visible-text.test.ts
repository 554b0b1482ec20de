import { describe, expect, it } from "vitest"
import { shortText, visibleText } from "../../src/page/text/visible-text.ts"

describe("visible text", () => {
  it("writes what can't be seen as an escape", () => {
    expect(visibleText("a\nb\tc\rd\u0000e\u202ef\u200bg\ufeffh\u2028i\u{e0041}j\ud800k")).toBe(
      "a\\nb\\tc\\rd\\u0000e\\u202ef\\u200bg\\ufeffh\\u2028i\\ue0041j\\ud800k"
    )
  })

  it("leaves what can be seen as it is", () => {
    expect(visibleText("<b>Grüße</b> שלום 𝕏 é & \\n")).toBe("<b>Grüße</b> שלום 𝕏 é & \\n")
  })

  it("is cut after two hundred characters, and never in the middle of one", () => {
    expect(shortText("x".repeat(200))).toBe("x".repeat(200))
    expect(shortText("x".repeat(201))).toBe(`${"x".repeat(200)}…`)
    expect(shortText(`x${"𝕏".repeat(5000)}`)).toBe(`x${"𝕏".repeat(99)}…`)
    expect(shortText("\n".repeat(150))).toBe(`${"\\n".repeat(100)}…`)
  })
})
