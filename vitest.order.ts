/**
 * The order of test files: those that take longest first, so that no long one is left when all others are done. vitest
 * knows from its last run how long each took; of a file that it does not know, the longest limit that is written in it
 * says so.
 */
import { readFileSync } from "node:fs"
import path from "node:path"
import { BaseSequencer, type TestSpecification } from "vitest/node"

const limit = /\b(\d{2,3}_000)\b/g

/** The longest limit of a test in this file, in milliseconds; 0 when none has a limit of its own. */
const longestLimit = ({ moduleId }: TestSpecification): number =>
  Math.max(
    0,
    ...Array.from(readFileSync(moduleId, "utf8").matchAll(limit), ([, ms = ""]) => Number(ms.replace("_", "")))
  )

export class LongestFirst extends BaseSequencer {
  override async sort(files: Array<TestSpecification>): Promise<Array<TestSpecification>> {
    const weights = new Map(files.map((file) => [file, this.#duration(file) ?? longestLimit(file)]))
    return [...files].sort((one, other) => (weights.get(other) ?? 0) - (weights.get(one) ?? 0))
  }

  /** How long it took in the last run, in milliseconds. */
  #duration({ moduleId, project }: TestSpecification): number | undefined {
    const file = path.relative(this.ctx.config.root, moduleId)
    return this.ctx.cache.getFileTestResults(`${project.name}:${file}`)?.duration
  }
}
