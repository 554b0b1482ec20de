/**
 * The library and the benchmark as JavaScript by TypeScript, which is what users install. A loader such as tsx wraps
 * every named function in a call at run time, and would be measured with whatever creates functions.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import path from "node:path"
import ts from "typescript"

const relativeSource = /((?:from|import)\s*\(?\s*")(\.{1,2}\/[^"]+)\.ts"/g

const compilerOptions: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  verbatimModuleSyntax: true
}

/** Compiles the folders of a package, and answers where the JavaScript is. */
export const compile = (root: string, folders: ReadonlyArray<string>): string => {
  const out = path.join(root, "node_modules", ".cache", "bench")
  rmSync(out, { recursive: true, force: true })
  for (const folder of folders) {
    for (const name of readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" })) {
      if (name.endsWith(".ts")) compileFile(path.join(root, folder, name), path.join(out, folder, name))
    }
  }
  writeFileSync(path.join(out, "package.json"), JSON.stringify({ type: "module", sideEffects: false }))
  return out
}

const compileFile = (from: string, to: string): void => {
  const { outputText } = ts.transpileModule(readFileSync(from, "utf8"), { compilerOptions, fileName: from })
  mkdirSync(path.dirname(to), { recursive: true })
  writeFileSync(to.replace(/\.ts$/, ".js"), outputText.replace(relativeSource, '$1$2.js"'))
}
