/** Tests of types are compiled: nothing else runs a `*.test-d.ts`, and one that is left out would pass whatever it says. */
import { existsSync } from "node:fs"
import path from "node:path"
import ts from "typescript"
import { describe, expect, it } from "vitest"
import { filesIn, read, root } from "./docs/pages.ts"

const tests = ["packages", "examples"].flatMap((folder) => filesIn(folder, ".test-d.ts", true))

/** The files that a configuration gives to the compiler, by their paths in the repository. */
const compiled = (config: string): ReadonlyArray<string> =>
  ts
    .parseJsonConfigFileContent(ts.readConfigFile(config, ts.sys.readFile).config, ts.sys, path.dirname(config))
    .fileNames.map((file) => path.relative(root, file).split(path.sep).join("/"))

/** The configuration that the step "types" uses for a file: that of its package. */
const configOf = (file: string): string => {
  const folder = path.dirname(path.join(root, file))
  const config = path.join(folder, "tsconfig.json")
  return existsSync(config) ? config : configOf(path.relative(root, folder))
}

const configs = Array.from(new Set(tests.map(configOf)))

describe("tests of types", () => {
  it("are found", () => {
    expect(tests.filter((file) => file.startsWith("packages/server/test/observe/")).length).toBeGreaterThan(3)
  })

  it("are compiled in the step types", () => {
    const known = new Set(configs.flatMap(compiled))
    expect(tests.filter((file) => !known.has(file))).toEqual([])
  })

  it("each expect something", () => {
    expect(tests.filter((file) => !/^(expectTypeOf|\/\/ @ts-expect-error )/m.test(read(file)))).toEqual([])
  })
})
