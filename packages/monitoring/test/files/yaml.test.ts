import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { parse } from "yaml"
import { type Yaml, yaml } from "../../src/files/yaml.ts"

describe("YAML", () => {
  it("quotes text that could be read as something else, and keeps its lines", () => {
    expect(
      yaml({ a: "plain", b: "1", c: "yes", d: "x: y", e: "one\ntwo", f: [1, { g: true, h: [] }], i: undefined })
    ).toBe('a: plain\nb: "1"\nc: "yes"\nd: "x: y"\ne: |-\n  one\n  two\nf:\n  - 1\n  - g: true\n    h: []\n')
  })

  it("quotes keys, and words in capitals", () => {
    expect(yaml({ on: "No", "a b": "TRUE", "app.kubernetes.io/name": {} })).toBe(
      '"on": "No"\n"a b": "TRUE"\napp.kubernetes.io/name: {}\n'
    )
  })

  const text = fc.oneof(
    fc.string({ unit: "grapheme" }),
    fc.string(),
    fc
      .array(
        fc.constantFrom("a", " ", "\n", "\r", "\t", ":", "#", "- ", "{{ $labels.job }}", "\u2028", "\u0085", '"', "'")
      )
      .map((parts) => parts.join("")),
    fc.constantFrom(
      "yes",
      "No",
      "null",
      "~",
      "1e3",
      "0x10",
      "12:30",
      "2026-01-01",
      "=",
      "<<",
      "...",
      "---",
      "%",
      "|",
      "5m",
      "e-0",
      "E1"
    )
  )

  const { value } = fc.letrec<{ value: Yaml }>((tie) => ({
    value: fc.oneof(
      { depthSize: "small" },
      text,
      fc.integer(),
      fc.boolean(),
      fc.array(tie("value")),
      fc.dictionary(text, tie("value"), { noNullPrototype: true })
    )
  }))

  it.each(["1.1", "1.2"] as const)("is read as what was written, by version %s", (version) => {
    fc.assert(
      fc.property(fc.dictionary(text, value, { noNullPrototype: true }), (written) => {
        expect(parse(yaml(written), { version, maxAliasCount: 0 })).toEqual(written)
      }),
      { numRuns: 500 }
    )
  })
})
