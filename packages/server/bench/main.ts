/**
 * The benchmark: `npm run bench -- [--json file] [--processes n] [--against folder] [--minutes n] [names...]`. A name picks a family, or
 * the one of a figure. What is measured is compiled JavaScript. Each family runs in processes of its own, and within each
 * every peer in turn with the library. `--against` measures `packages/server` of another checkout in turn with this one.
 * `--minutes` is how long `page-memory` takes, which runs only if it is named.
 */
import { writeFileSync } from "node:fs"
import path from "node:path"
import { parseArgs } from "node:util"
import { compile, root } from "./compile.ts"
import { derived } from "./derived.ts"
import { environment } from "./environment.ts"
import { familiesFor } from "./families.ts"
import { entries } from "./figures.ts"
import type { Result } from "./harness.ts"
import { measureFamily } from "./processes.ts"
import { table } from "./table.ts"

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    against: { type: "string" },
    json: { type: "string" },
    minutes: { type: "string" },
    processes: { type: "string" }
  }
})

const processes = values.processes === undefined ? undefined : Number(values.processes)
if (processes !== undefined && !(Number.isInteger(processes) && processes > 0)) {
  throw new Error(`--processes must be a whole number of at least 1, and is "${values.processes}"`)
}
if (values.minutes !== undefined) {
  if (!(Number(values.minutes) > 0)) {
    throw new Error(`--minutes must be above 0, and is "${values.minutes}"`)
  }
  process.env["BENCH_MINUTES"] = values.minutes
}
const plans = familiesFor(positionals).map((plan) => ({ ...plan, processes: processes ?? plan.processes }))
const own = { name: "this", folder: compile(root) }
const other =
  values.against === undefined ? undefined : { name: "the other", folder: compile(path.resolve(values.against)) }

const results: Array<Result> = []
const against: Array<Result> = []
for (const plan of plans) {
  const measured = await measureFamily(plan, other === undefined || plan.isOwnOnly === true ? [own] : [other, own])
  results.push(...(measured.get(own.name) ?? []))
  against.push(...(measured.get("the other") ?? []))
}

const all = entries([...results, ...derived(results, against)], against)
process.stdout.write(`${table(all)}\n`)
if (values.json !== undefined) {
  writeFileSync(values.json, `${JSON.stringify({ environment: environment(), results: all }, null, 2)}\n`)
}
