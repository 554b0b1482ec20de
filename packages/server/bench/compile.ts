/**
 * The library and this benchmark as JavaScript, compiled file by file with the options of the library's own build: what
 * users install. The benchmark reaches the library by its public subpaths, which are those of its package.json.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import path from "node:path"
import { fileURLToPath } from "node:url"
import ts from "typescript"

/** The package whose benchmark this is. */
export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))

const libraryName = "@parametric-portal/server"

/** What of a package.json is read. */
interface Manifest {
  readonly name?: string
  readonly exports?: Readonly<Record<string, string>>
}

/**
 * Compiles the `src` of a library beside the benchmark of this checkout, and answers where the JavaScript is. It is in
 * the library's `node_modules`, so that what it imports are the packages that its own checkout has installed.
 */
export const compile = (library: string): string => {
  const { exports = {} } = manifestOf(library)
  const repository = path.join(library, "node_modules", ".cache", library === root ? "bench" : "bench-against")
  const out = path.join(repository, "packages", "server")
  const compilerOptions = buildOptions(library)
  rmSync(repository, { recursive: true, force: true })
  compileFolder({ from: path.join(library, "src"), to: path.join(out, "src") }, compilerOptions)
  for (const folder of ["bench", "test/support"]) {
    compileFolder({ from: path.join(root, folder), to: path.join(out, folder) }, compilerOptions)
  }
  const tables = "test/infra/jobs/memory-tables"
  compileFile({ from: path.join(root, `${tables}.ts`), to: path.join(out, `${tables}.js`) }, compilerOptions)
  const ports = path.join(root, "..", "..", "vitest.ports.ts")
  compileFile({ from: ports, to: path.join(repository, "vitest.ports.js") }, compilerOptions)
  writeFileSync(path.join(repository, "package.json"), JSON.stringify({ type: "module" }))
  const compiledExports = Object.fromEntries(
    Object.entries(exports).map(([subpath, source]) => [subpath, source.replace(/\.ts$/, ".js")])
  )
  const manifest = { name: libraryName, type: "module", sideEffects: false, exports: compiledExports }
  writeFileSync(path.join(out, "package.json"), JSON.stringify(manifest, null, 2))
  return out
}

const manifestOf = (library: string): Manifest => {
  const file = path.join(library, "package.json")
  const manifest = JSON.parse(readFileSync(file, "utf8")) as Manifest
  if (manifest.name !== libraryName) {
    throw new Error(`${file} is not that of ${libraryName}: give the path of packages/server in another checkout`)
  }
  return manifest
}

const buildOptions = (library: string): ts.CompilerOptions => {
  const { config, error } = ts.readConfigFile(path.join(library, "tsconfig.build.json"), ts.sys.readFile)
  if (error !== undefined) {
    throw new Error(ts.flattenDiagnosticMessageText(error.messageText, "\n"))
  }
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, library)
  return { ...options, module: ts.ModuleKind.ESNext, sourceMap: false }
}

interface FromTo {
  readonly from: string
  readonly to: string
}

const compileFolder = ({ from, to }: FromTo, compilerOptions: ts.CompilerOptions): void => {
  for (const name of readdirSync(from, { recursive: true, encoding: "utf8" })) {
    if (!name.endsWith(".ts")) {
      continue
    }
    compileFile({ from: path.join(from, name), to: path.join(to, name.replace(/\.ts$/, ".js")) }, compilerOptions)
  }
}

const compileFile = ({ from, to }: FromTo, compilerOptions: ts.CompilerOptions): void => {
  const { outputText } = ts.transpileModule(readFileSync(from, "utf8"), { compilerOptions, fileName: from })
  mkdirSync(path.dirname(to), { recursive: true })
  writeFileSync(to, outputText)
}
