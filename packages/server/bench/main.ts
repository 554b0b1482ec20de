/**
 * The benchmark: `npm run bench -- [--json file] [names...]`. A name picks a family or the figures that begin with it.
 * Each family runs in a process of its own, and within it every peer in turn with the library.
 */
import { fork } from "node:child_process"
import { existsSync, writeFileSync } from "node:fs"
import path from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { compile } from "./compile.ts"
import { environment } from "./environment.ts"
import type { Result } from "./harness.ts"
import { table } from "./table.ts"

/** The families, and the beginnings of the names of their figures. */
const families: Readonly<Record<string, string>> = {
  track: "track_",
  record: "record_",
  collect: "collect_",
  export: "export_",
  cardinality: "cardinality_",
  import: "import_",
  jobs: "jobs_"
}

const { positionals, values } = parseArgs({ allowPositionals: true, options: { json: { type: "string" } } })

const isAskedFor = ([family, prefix]: readonly [string, string]): boolean =>
  positionals.length === 0 || positionals.some((name) => name === family || name.startsWith(prefix))

const measure = (entry: string, family: string): Promise<ReadonlyArray<Result>> =>
  new Promise((resolve, reject) => {
    const child = fork(entry, [family], { execArgv: ["--expose-gc"] })
    let results: ReadonlyArray<Result> = []
    child.on("message", (message) => {
      results = message as ReadonlyArray<Result>
    })
    child.on("exit", (code) => (code === 0 ? resolve(results) : reject(new Error(`${family} ended with ${code}`))))
  })

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
const compiled = compile(root, ["src", "bench", "test/support"])
const entry = path.join(compiled, "bench", "family.js")

const chosen = Object.entries(families).filter(isAskedFor)
if (chosen.length === 0) throw new Error(`nothing to measure: the families are ${Object.keys(families).join(", ")}`)

const results: Array<Result> = []
for (const [family] of chosen) {
  if (!existsSync(path.join(compiled, "bench", `${family}.js`))) throw new Error(`bench/${family}.ts does not exist`)
  process.stderr.write(`measuring ${family}\n`)
  results.push(...(await measure(entry, family)))
}
process.stdout.write(`${table(results)}\n`)
if (values.json !== undefined) {
  writeFileSync(values.json, `${JSON.stringify({ environment: environment(), results }, null, 2)}\n`)
}
