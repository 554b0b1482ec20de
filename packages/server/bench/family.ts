/** One family of measurements in a process of its own: `family.js <name>`. Its results are sent to the parent. */
import type { Result } from "./harness.ts"

/** What the file of a family exports. */
export interface Family {
  readonly measure: () => Promise<ReadonlyArray<Result>>
}

// It ends with the benchmark, however that ends.
const exit = (): void => process.exit()
process.once("disconnect", exit)

const [, , name = ""] = process.argv
const family: Family = await import(`./${name}.js`)
const results = await family.measure()
process.send?.(results)
process.off("disconnect", exit)
process.disconnect?.()
