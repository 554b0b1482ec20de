/** Checks the types of all programs of the pages at once, in memory, beside the tests: what those import, pages may. */
import path from "node:path"
import { fileURLToPath } from "node:url"
import ts from "typescript"
import { root } from "./pages.ts"
import type { Origin, Program } from "./programs.ts"

const home = fileURLToPath(new URL("./of-pages/", import.meta.url))

const fileOf = ({ file, page }: Program): string => path.join(home, page.replace(/\W+/g, "-"), file)

const options = (): ts.CompilerOptions => {
  const { config } = ts.readConfigFile(path.join(root, "tsconfig.base.json"), ts.sys.readFile)
  // What a page defines need not be used by it; what it imports must.
  return { ...ts.parseJsonConfigFileContent(config, ts.sys, root).options, noUnusedParameters: false }
}

/** A host that has these files besides those of the disk. */
const hostWith = (texts: ReadonlyMap<string, string>, compiler: ts.CompilerOptions): ts.CompilerHost => {
  const host = ts.createCompilerHost(compiler)
  const folders = new Set(Array.from(texts.keys(), (file) => path.dirname(file)))
  return {
    ...host,
    fileExists: (file) => texts.has(file) || host.fileExists(file),
    readFile: (file) => texts.get(file) ?? host.readFile(file),
    directoryExists: (folder) => folders.has(folder) || ts.sys.directoryExists(folder),
    getSourceFile: (file, ...rest) => {
      const text = texts.get(file)
      return text === undefined ? host.getSourceFile(file, ...rest) : ts.createSourceFile(file, text, rest[0])
    }
  }
}

const isUnused = ({ code }: ts.Diagnostic): boolean => code === 6133 || code === 6192 || code === 6196

const isImport = ({ file, start = 0 }: ts.Diagnostic): boolean => {
  const line = file?.getLineAndCharacterOfPosition(start).line ?? 0
  return file?.text.split("\n")[line]?.startsWith("import ") === true
}

/** The problems, each with the page and the line in which it stands. */
export const problemsOf = (programs: ReadonlyArray<Program>): ReadonlyArray<string> => {
  const compiler = options()
  const texts = new Map(programs.map((program) => [fileOf(program), program.text]))
  const checked = ts.createProgram([...texts.keys()], compiler, hostWith(texts, compiler))
  const problems = programs.flatMap((program) => {
    const source = checked.getSourceFile(fileOf(program))
    const diagnostics = [...checked.getSyntacticDiagnostics(source), ...checked.getSemanticDiagnostics(source)]
    return diagnostics.filter((one) => !isUnused(one) || isImport(one)).map((one) => inWords(one, program.origins))
  })
  return [...new Set(problems)]
}

const inWords = ({ file, messageText, start = 0 }: ts.Diagnostic, origins: ReadonlyArray<Origin>): string => {
  const origin = origins[file?.getLineAndCharacterOfPosition(start).line ?? 0] ?? origins.at(-1)
  return `${origin?.page}:${origin?.line}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`
}
