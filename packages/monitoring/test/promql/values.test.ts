/** The values of closed labels are written in the catalogue and nowhere else: queries take them from its lists. */
import { catalogue, labelValues, type Row } from "@parametric-portal/server/observe/catalogue"
import { readdirSync, readFileSync } from "node:fs"
import path from "node:path"
import ts from "typescript"
import { describe, expect, it } from "vitest"

const source = path.resolve(import.meta.dirname, "../../src")

const rows = Object.values(catalogue).flatMap((handles): ReadonlyArray<Row> => Object.values(handles))

/** Each label of which the values are known, with all of them. */
const known = new Map<string, Set<string>>()
for (const sets of [...rows.map(({ closed }) => closed ?? {}), ...Object.values(labelValues)]) {
  for (const [label, values] of Object.entries<ReadonlyArray<string> | undefined>(sets)) {
    known.set(label, new Set([...(known.get(label) ?? []), ...(values ?? [])]))
  }
}

const isKnownValue = (value: string): boolean => [...known.values()].some((values) => values.has(value))

/** Where a value of a closed label is written out: as a label's value, or in `oneOf` and `noneOf`. */
const literals = (file: string, text: string): ReadonlyArray<string> => {
  const found: Array<string> = []
  const visit = (node: ts.Node): void => {
    const { parent } = node
    if (ts.isStringLiteralLike(node) && isKnownValue(node.text)) {
      const isValueOfLabel =
        ts.isPropertyAssignment(parent) &&
        parent.initializer === node &&
        known.get(parent.name.getText())?.has(node.text) === true
      const isMatch = ts.isCallExpression(parent) && ["oneOf", "noneOf"].includes(parent.expression.getText())
      if (isValueOfLabel || isMatch) {
        found.push(`${file}: ${parent.getText()}`)
      }
    }
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true))
  return found
}

describe("the values of closed labels", () => {
  it("are written out nowhere in the sources", () => {
    const files = readdirSync(source, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"))
    expect(files.length).toBeGreaterThan(60)
    expect(files.flatMap((file) => literals(file, readFileSync(path.join(source, file), "utf8")))).toEqual([])
  })

  it("are found where they are", () => {
    const text = 'counter(jobs.x, { state: "ready", severity: "critical" }).or(oneOf("failure", "Timeout"))'
    expect(literals("a.ts", text)).toEqual(['a.ts: state: "ready"', 'a.ts: oneOf("failure", "Timeout")'])
  })
})
