import { describe, expect, it } from "vitest"
import { yaml } from "../../src/files/yaml.ts"

describe("YAML", () => {
  it("quotes text that could be read as something else, and keeps its lines", () => {
    expect(
      yaml({ a: "plain", b: "1", c: "yes", d: "x: y", e: "one\ntwo", f: [1, { g: true, h: [] }], i: undefined })
    ).toBe('a: plain\nb: "1"\nc: "yes"\nd: "x: y"\ne: |-\n  one\n  two\nf:\n  - 1\n  - g: true\n    h: []\n')
  })
})
