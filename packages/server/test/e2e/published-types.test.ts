/**
 * The published types are sound by themselves: what is marked as internal is left out of them, and nothing that stays may
 * name it. A program of a user with `skipLibCheck: false` would not compile.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs"
import path from "node:path"
import ts from "typescript"
import { expect, it } from "vitest"
import { root } from "../docs/pages.ts"

const home = path.join(root, "packages/server")

const buildOptions = (): ts.ParsedCommandLine => {
  const { config } = ts.readConfigFile(path.join(home, "tsconfig.build.json"), ts.sys.readFile)
  return ts.parseJsonConfigFileContent(config, ts.sys, home)
}

const worded = ({ file, messageText, start = 0 }: ts.Diagnostic): string => {
  const line = file === undefined ? 0 : file.getLineAndCharacterOfPosition(start).line + 1
  return `${file?.fileName.split("/published-types/")[1]}:${line}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`
}

it("compile with libraries checked", { timeout: 240_000 }, () => {
  const { fileNames, options } = buildOptions()
  // Within the package, so that its dependencies are found.
  const folder = path.join(home, "node_modules/.cache/published-types")
  rmSync(folder, { recursive: true, force: true })
  const declarations: Array<string> = []
  ts.createProgram(fileNames, {
    ...options,
    emitDeclarationOnly: true,
    declarationMap: false,
    sourceMap: false,
    incremental: false,
    outDir: folder
  }).emit(undefined, (file, text) => {
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, text)
    declarations.push(file)
  })
  expect(declarations.length).toBeGreaterThan(300)
  const program = ts.createProgram(declarations, { ...options, noEmit: true, incremental: false, skipLibCheck: false })
  const problems = declarations.flatMap((file) => {
    const source = program.getSourceFile(file)
    return source === undefined ? [`${file} is missing`] : program.getSemanticDiagnostics(source).map(worded)
  })
  expect(problems).toEqual([])
  rmSync(folder, { recursive: true, force: true })
})
