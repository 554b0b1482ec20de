/** The generated types of handles are those that the catalogue implies, and the editor shows what each metric is. */
import { describe, expect, expectTypeOf, it } from "@effect/vitest"
import path from "node:path"
import { fileURLToPath } from "node:url"
import ts from "typescript"
import { catalogue, type Row } from "../../../src/observe/catalogue.ts"
import type { CatalogueHandles } from "../../../src/observe/instrument/handles.ts"
import type { HandlesOf } from "../../../src/observe/instrument/instrument.ts"

type Inferred = { readonly [N in keyof typeof catalogue]: HandlesOf<(typeof catalogue)[N]> }

const handles = Object.entries(catalogue).flatMap(([namespace, rows]) =>
  Object.entries<Row>(rows).map(([name, row]) => ({ expression: `metrics.${namespace}.${name}`, row }))
)

describe("the types of handles", () => {
  it("are those inferred from the catalogue", () => {
    expectTypeOf<CatalogueHandles["jobs"]>().toEqualTypeOf<Inferred["jobs"]>()
    expectTypeOf<CatalogueHandles["cluster"]>().toEqualTypeOf<Inferred["cluster"]>()
    expectTypeOf<CatalogueHandles["workflow"]>().toEqualTypeOf<Inferred["workflow"]>()
    expectTypeOf<CatalogueHandles["telemetry"]>().toEqualTypeOf<Inferred["telemetry"]>()
    expectTypeOf<CatalogueHandles>().toExtend<Inferred>()
    expectTypeOf<Inferred>().toExtend<CatalogueHandles>()
    expect(handles.length).toBeGreaterThan(50)
  })
})

const here = fileURLToPath(new URL("./hovered.ts", import.meta.url))

const compilerOptions = (): ts.CompilerOptions => {
  const file = fileURLToPath(new URL("../../../tsconfig.json", import.meta.url))
  return ts.parseJsonConfigFileContent(ts.readConfigFile(file, ts.sys.readFile).config, ts.sys, path.dirname(file))
    .options
}

/** What an editor shows when the pointer rests on the last word of each of these expressions, on one line. */
const hovers = (expressions: ReadonlyArray<string>): ReadonlyArray<string> => {
  const head =
    'import type { MetricsService } from "../../../src/observe/metrics.ts"\ndeclare const metrics: MetricsService\n'
  const text = `${head}${expressions.join("\n")}\n`
  const options = compilerOptions()
  const read = (name: string) => (name === here ? text : ts.sys.readFile(name))
  const service = ts.createLanguageService({
    getCompilationSettings: () => options,
    getCurrentDirectory: () => path.dirname(here),
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    getScriptFileNames: () => [here],
    getScriptVersion: () => "1",
    getScriptSnapshot: (name) => {
      const found = read(name)
      return found === undefined ? undefined : ts.ScriptSnapshot.fromString(found)
    },
    fileExists: (name) => name === here || ts.sys.fileExists(name),
    readFile: read
  })
  return expressions.map((expression) => {
    const info = service.getQuickInfoAtPosition(here, text.indexOf(`\n${expression}\n`) + expression.length)
    return [info?.displayParts, info?.documentation].map(ts.displayPartsToString).join("\n").replaceAll(/\s+/g, " ")
  })
}

describe("the editor", { timeout: 120_000 }, () => {
  it("shows help, exclusions, wire name, unit and labels of each handle", () => {
    const shown = hovers(handles.map(({ expression }) => expression))
    const missing = handles.flatMap(({ expression, row: { excludes = "", help, labels, name, unit } }, index) =>
      [help, excludes, `\`${name}\``, `\`${unit}\``, ...labels.map((label) => `\`${label}\``)]
        .filter((text) => shown[index]?.includes(text) !== true)
        .map((text) => `${expression}: ${text}`)
    )
    expect(missing).toEqual([])
    const completions = handles.findIndex(({ expression }) => expression === "metrics.jobs.completions")
    expect(shown[completions]).toMatch(
      /^\(property\) JobsHandles\.completions: Counter<"job_type" \| "operation" \| "priority"> Jobs completed/
    )
  })
})
