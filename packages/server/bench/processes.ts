/** Runs a family in processes of its own, in this checkout and in another one by turns. */
import { fork } from "node:child_process"
import path from "node:path"
import type { FamilyPlan } from "./families.ts"
import { merged, type Result } from "./harness.ts"

type Results = ReadonlyArray<Result>

/** A checkout of the library, compiled with this benchmark. */
export interface Compiled {
  readonly name: string
  readonly folder: string
}

/** The results of each checkout, by its name; one that fails has none, and the others are measured nevertheless. */
export const measureFamily = async (
  { name, processes }: FamilyPlan,
  checkouts: ReadonlyArray<Compiled>
): Promise<ReadonlyMap<string, Results>> => {
  const measured = new Map(checkouts.map((checkout) => [checkout, Array<Results>()]))
  for (let run = 1; run <= processes; run++) {
    for (const [checkout, results] of measured) {
      const what = `${name}, ${checkout.name}, process ${run} of ${processes}`
      const started = performance.now()
      try {
        results.push(await inProcess(checkout.folder, name))
        process.stderr.write(`${what}: ${Math.round((performance.now() - started) / 1000)} s\n`)
      } catch (error) {
        process.stderr.write(`${what}: ${error instanceof Error ? error.message : String(error)}, so no figures\n`)
        process.exitCode = 1
        measured.delete(checkout)
      }
    }
  }
  return new Map(Array.from(measured, ([checkout, results]) => [checkout.name, merged(results)]))
}

const inProcess = (folder: string, family: string): Promise<Results> =>
  new Promise((resolve, reject) => {
    // Standard output is the table's.
    const child = fork(path.join(folder, "bench", "family.js"), [family], {
      execArgv: ["--expose-gc"],
      stdio: ["ignore", 2, "inherit", "ipc"]
    })
    let results: Results = []
    child.on("message", (message) => {
      results = message as Results
    })
    child.on("exit", (code) => {
      if (code === 0) {
        resolve(results)
      } else {
        reject(new Error(`it ended with ${code}`))
      }
    })
  })
