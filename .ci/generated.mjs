/** Generated files are committed; this step generates them again and fails when a byte differs. */
import { execFileSync } from "node:child_process"
import { existsSync } from "node:fs"
import path from "node:path"
import { run } from "./child.mjs"
import { root } from "./install.mjs"

const git = (...args) => execFileSync("git", args, { cwd: root, encoding: "utf8" })
const state = () => git("status", "--porcelain") + git("diff")

export const generated = {
  name: "generated files unchanged",
  execute: async () => {
    if (!existsSync(path.join(root, "packages/monitoring/src/generate.ts"))) {
      process.stdout.write("packages/monitoring/src/generate.ts does not exist yet: nothing is generated.\n")
      return { ok: true }
    }
    const before = state()
    const code = await run(process.execPath, [path.join(root, ".ci/task.mjs"), "generate"], { cwd: root })
    const after = state()
    if (before !== after) {
      process.stdout.write(`Generating changed files:\n${git("status", "--short")}`)
    }
    return { ok: code === 0 && before === after }
  }
}
