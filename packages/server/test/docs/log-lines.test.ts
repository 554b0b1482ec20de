/** The log lines that `docs/guides/debugging.md` lists are those of the sources, word for word. */
import { describe, expect, it } from "vitest"
import { filesIn, read } from "./pages.ts"

const hole = "…"

/** Text with each value that is put in as a hole, and texts that are added up as one. */
const withHoles = (source: string): string => {
  let text = source.replace(/[`"] \+\s+[`"]/g, "")
  for (let before = ""; before !== text;) {
    before = text
    text = text.replace(/\$\{[^{}]*\}/g, hole)
  }
  return text.replace(/…+/g, hole)
}

const sources = filesIn("packages/server/src", ".ts", true).map((file) => withHoles(read(file)))

const isLogged = (line: string): boolean => sources.some((source) => source.includes(line))

const section = read("docs/guides/debugging.md").split("\n## Log lines\n")[1] ?? ""

const lines = Array.from(section.matchAll(/^\| `([^`]+)` \| .* \|$/gm), ([, line]) => String(line))

describe("the log lines of the debugging guide", () => {
  it("are found", () => {
    expect(lines.length).toBeGreaterThan(15)
  })

  it("are in the sources, word for word", () => {
    expect(lines.filter((line) => !isLogged(line))).toEqual([])
  })

  it("are told apart from lines that nothing logs", () => {
    expect(["Metrics are not exported at all", 'Metric "…" was not exported: …'].filter(isLogged)).toEqual([])
  })
})
