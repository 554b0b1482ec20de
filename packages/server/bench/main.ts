/**
 * The benchmark: `npm run bench -- [--json file] [names...]`. A name picks a family or the figures that begin with it.
 * Each family runs in a process of its own, and within it every peer in turn with the library.
 */
import { fork } from "node:child_process"
import { writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import path from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { parseArgs } from "node:util"
import { compile } from "./compile.ts"
import { environment } from "./environment.ts"
import { merged, type Result } from "./harness.ts"
import { table } from "./table.ts"

/** A family of measurements: the file that has it, how it is run, and the beginning of the names of its figures. */
interface Measured {
  readonly family: string
  /**
   * `compiled`: JavaScript by TypeScript, which is what is installed. `sources`: through tsx, as everything else in this
   * workspace is run; a function with a name costs more there wherever it is created.
   */
  readonly as: "compiled" | "sources"
  readonly figures: string
  /** Put before the names of the results. */
  readonly prefix?: string
  /**
   * How many processes measure it one after the other, for results that are the medians of theirs; one unless given. What
   * should not depend on one process: small differences on what it happened to compile, the reading of much memory on
   * where that lies.
   */
  readonly processes?: number
}

// What a call costs depends on how the code around it was made, the floor's most of all: so it is measured both ways.
const families: ReadonlyArray<Measured> = [
  { family: "track", as: "sources", figures: "track_" },
  { family: "track", as: "compiled", figures: "track_", prefix: "compiled." },
  { family: "record", as: "compiled", figures: "record_" },
  { family: "collect", as: "compiled", figures: "collect_", processes: 5 },
  { family: "export", as: "compiled", figures: "export_" },
  { family: "cardinality", as: "compiled", figures: "cardinality_" },
  { family: "cluster", as: "compiled", figures: "cluster_", processes: 5 },
  { family: "import", as: "compiled", figures: "import_" },
  { family: "jobs-cost", as: "compiled", figures: "jobs_", processes: 5 },
  { family: "jobs", as: "compiled", figures: "jobs." }
]

const { positionals, values } = parseArgs({ allowPositionals: true, options: { json: { type: "string" } } })

const isAskedFor = ({ family, figures }: Measured): boolean =>
  positionals.length === 0 ||
  positionals.some((name) => name === family || family.startsWith(`${name}-`) || name.startsWith(figures))

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
const compiled = compile(root, ["src", "bench", "test/support"])
const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href

const measure = ({ as, family, prefix = "" }: Measured): Promise<ReadonlyArray<Result>> =>
  new Promise((resolve, reject) => {
    const entry = as === "compiled" ? path.join(compiled, "bench", "family.js") : path.join(root, "bench", "family.ts")
    const execArgv = ["--expose-gc", ...(as === "compiled" ? [] : ["--import", tsx])]
    // Standard output is the table's.
    const child = fork(entry, [family], { execArgv, stdio: ["ignore", 2, "inherit", "ipc"] })
    let results: ReadonlyArray<Result> = []
    child.on("message", (message) => {
      results = message as ReadonlyArray<Result>
    })
    child.on("exit", (code) => {
      if (code === 0) resolve(results.map((result) => ({ ...result, name: `${prefix}${result.name}` })))
      else reject(new Error(`${family} ended with ${code}`))
    })
  })

const chosen = families.filter(isAskedFor)
if (chosen.length === 0) {
  throw new Error(`nothing to measure: the families are ${families.map(({ family }) => family).join(", ")}`)
}

const results: Array<Result> = []
for (const one of chosen) {
  try {
    const measured: Array<ReadonlyArray<Result>> = []
    for (let run = 1; run <= (one.processes ?? 1); run++) {
      const which = one.processes === undefined ? "" : `, process ${run} of ${one.processes}`
      process.stderr.write(`measuring ${one.family} (${one.as}${which})\n`)
      measured.push(await measure(one))
    }
    results.push(...merged(measured))
  } catch (error) {
    // What the other families say is not lost.
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}: none of its figures\n`)
    process.exitCode = 1
  }
}
process.stdout.write(`${table(results)}\n`)
if (values.json !== undefined) {
  writeFileSync(values.json, `${JSON.stringify({ environment: environment(), results }, null, 2)}\n`)
}
