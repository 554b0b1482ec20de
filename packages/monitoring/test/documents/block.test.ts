import { describe, expect, it } from "vitest"
import { withBlock } from "../../src/documents/block.ts"

const block = { page: "README.md", name: "metrics", content: "| a |\n|---|" }
const message =
  "README.md must have <!-- metrics --> and <!-- /metrics --> once each: put them where the table belongs."

describe("a block of a page", () => {
  it("takes the place of what stood between its markers, and of nothing else", () => {
    const page = (inside: string) => `# Page\n\n<!-- metrics -->${inside}<!-- /metrics -->\n\nMore.\n`
    expect(withBlock(page("\n"), block)).toBe(page("\n| a |\n|---|\n"))
    expect(withBlock(page("\nold\n"), block)).toBe(page("\n| a |\n|---|\n"))
    expect(withBlock(page("\n| a |\n|---|\n"), block)).toBe(page("\n| a |\n|---|\n"))
  })

  it.each([
    ["no markers", "# Page\n"],
    ["no second marker", "<!-- metrics -->\n"],
    ["its markers in the wrong order", "<!-- /metrics -->\n<!-- metrics -->\n"],
    ["a marker twice", "<!-- metrics -->\n<!-- /metrics -->\n<!-- metrics -->\n<!-- /metrics -->\n"]
  ])("is refused by a page with %s", (_, text) => {
    expect(() => withBlock(text, block)).toThrow(message)
  })
})
