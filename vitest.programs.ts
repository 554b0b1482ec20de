/**
 * Compiles programs that tests start in processes of their own: JavaScript in few files starts in a quarter of the time
 * and of the processor's work that `tsx` needs for the sources.
 */
import { build, type Plugin } from "esbuild"
import { chmod, mkdir, mkdtemp, readdir, rm } from "node:fs/promises"
import { createRequire } from "node:module"
import path from "node:path"

/** What stays where it is: addons find their binaries beside them, and CommonJS loaded by `import()` would lose its names. */
const outside: Plugin = {
  name: "outside",
  setup: ({ onResolve }) =>
    onResolve(
      { filter: /^(better-sqlite3|msgpackr-extract|pg-native|@opentelemetry\/.+)$/ },
      ({ importer, path: name }) => {
        try {
          return { path: createRequire(importer).resolve(name), external: true }
        } catch {
          return { path: name, external: true }
        }
      }
    )
}

/** CommonJS in a module of ECMAScript asks for `require`. */
const banner = `import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);`

/**
 * A new folder in which each program is `<name>.js`; who asks for it removes it, or `removePrograms` does at the end. It is below the package at `home`, so that
 * packages are found from there. Shared code is in `chunks`, one level deeper: to it, programs are `../<name>.js`.
 */
export const compilePrograms = async (home: string, programs: Readonly<Record<string, string>>): Promise<string> => {
  const cache = cacheOf(home)
  await mkdir(cache, { recursive: true })
  // The parent of a worker is the run.
  const folder = await mkdtemp(path.join(cache, prefixOf(process.ppid)))
  // Some tests run a program as another user.
  await chmod(folder, 0o755)
  await build({
    entryPoints: programs,
    outdir: folder,
    bundle: true,
    splitting: true,
    chunkNames: "chunks/[name]-[hash]",
    platform: "node",
    target: "node20",
    format: "esm",
    keepNames: true,
    banner: { js: banner },
    plugins: [outside],
    logLevel: "error"
  })
  return folder
}

/** Removes what the workers of this run have compiled and not removed themselves. */
export const removePrograms = async (home: string): Promise<void> => {
  const names = await readdir(cacheOf(home)).catch((): Array<string> => [])
  const left = names.filter((name) => name.startsWith(prefixOf(process.pid)))
  await Promise.all(left.map((name) => rm(path.join(cacheOf(home), name), { recursive: true, force: true })))
}

const cacheOf = (home: string): string => path.join(home, "node_modules/.cache")

const prefixOf = (run: number): string => `programs-${run}-`
