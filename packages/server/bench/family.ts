/** One family of measurements in a process of its own: `family.js <name>`, or `.ts`; its results are sent to the parent. */
import path from "node:path"
import type { Result } from "./harness.ts"

/** What every family exports. */
export interface Family {
  readonly measure: () => Promise<ReadonlyArray<Result>>
}

const [, , name = ""] = process.argv
const family: Family = await import(`./${name}${path.extname(import.meta.url)}`)
const results = await family.measure()
process.send?.(results)
process.disconnect?.()
