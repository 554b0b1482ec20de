/**
 * What is to be compiled is compiled in the step types: whatever a package compiles by itself, and the tests of types,
 * which nothing runs: one that was left out would pass whatever it says.
 */
import { readdirSync } from "node:fs"
import path from "node:path"
import ts from "typescript"
import { describe, expect, it } from "vitest"
import { filesIn, read, root } from "./docs/pages.ts"

const packages = [...readdirSync(path.join(root, "packages")).map((name) => `packages/${name}`), "examples"]

const typeTests = packages.flatMap((folder) => filesIn(folder, ".test-d.ts", true))

/** The files that the configuration in a folder gives to the compiler, by their paths in the repository. */
const compiledIn = (folder: string): ReadonlyArray<string> => {
  const home = path.join(root, folder)
  const { config } = ts.readConfigFile(path.join(home, "tsconfig.json"), ts.sys.readFile)
  const { fileNames } = ts.parseJsonConfigFileContent(config, ts.sys, home)
  return fileNames.map((file) => path.relative(root, file).split(path.sep).join("/"))
}

/** Those of the step types. */
const compiled = new Set(compiledIn("."))

describe("the step types", () => {
  it.each(packages)("compiles what is compiled in %s", (folder) => {
    const own = compiledIn(folder)
    expect(own.length).toBeGreaterThan(5)
    expect(own.filter((file) => !compiled.has(file))).toEqual([])
  })

  it("compiles each test of types", () => {
    expect(typeTests.length).toBeGreaterThan(5)
    expect(typeTests.filter((file) => !compiled.has(file))).toEqual([])
  })

  it("finds something to check in each test of types", () => {
    expect(typeTests.filter((file) => !/^(expectTypeOf|\/\/ @ts-expect-error )/m.test(read(file)))).toEqual([])
  })
})
