/**
 * Runs before a package is packed or published, in its folder: builds it, and looks whether all that its exports name is
 * there. npm knows nothing of `catalog:` and of the exports in `publishConfig`, and would pack the sources.
 */
import { existsSync, readFileSync } from "node:fs"
import path from "node:path"
import { run } from "./child.mjs"
import { root } from "./install.mjs"

const { exports, name, publishConfig } = JSON.parse(readFileSync("package.json", "utf8"))

/** Subpaths for the other packages of this workspace: they run from the sources, and nobody else gets them. */
const workspaceOnly = new Map([["@parametric-portal/dashboard", new Set(["./caller", "./receiver", "./spawn"])]])

const isPublished = (subpath) => workspaceOnly.get(name)?.has(subpath) !== true

const targetsOf = (entry) => (typeof entry === "string" ? [entry] : Object.values(entry).flatMap(targetsOf))

/** What is wrong with the package, in one sentence; nothing where it can be packed. */
const problem = async () => {
  if (!process.env.npm_config_user_agent?.startsWith("pnpm/")) {
    return "npm would pack its sources; use npm run release -- publish, or npx pnpm pack"
  }
  const [here, published] = [Object.keys(exports).filter(isPublished), Object.keys(publishConfig.exports)].map((list) =>
    list.sort().join(" ")
  )
  if (here !== published) {
    return `exports has ${here}, and publishConfig.exports ${published}: make them the same`
  }
  const nx = path.join(root, "node_modules/.bin/nx")
  // Standard output is that of pnpm, which may be asked for JSON.
  const options = { cwd: root, group: true, stdio: ["ignore", 2, 2] }
  if ((await run(nx, ["run", `${path.basename(process.cwd())}:build`, "--outputStyle=stream"], options)) !== 0) {
    return "the build failed, its reason stands above"
  }
  const missing = [publishConfig.exports, publishConfig.bin ?? {}]
    .flatMap(targetsOf)
    .filter((file) => !existsSync(file))
  return missing.length === 0 ? undefined : `the build left no ${missing.join(", ")}, which publishConfig names`
}

const found = await problem()
if (found !== undefined) {
  process.stderr.write(`${name} is not packed: ${found}.\n`)
  process.exitCode = 1
}
