/**
 * Builds the package in the current folder: `dist` with JavaScript, declarations and maps, from nothing each time.
 * TypeScript rewrites the relative `.ts` imports of JavaScript but leaves those of declarations, so that is done here.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import path from "node:path"
import { run } from "./child.mjs"

const relativeSource = /((?:from|import)\s*\(?\s*")(\.{1,2}\/[^"]+)\.ts"/g

rmSync("dist", { recursive: true, force: true })
const code = await run("tsc", ["-p", "tsconfig.build.json"], { group: true })
if (code === 0) {
  const declarations = readdirSync("dist", { recursive: true }).filter((name) => name.endsWith(".d.ts"))
  if (declarations.length === 0) {
    throw new Error("the build left no declarations in dist")
  }
  for (const file of declarations.map((name) => path.join("dist", name))) {
    writeFileSync(file, readFileSync(file, "utf8").replace(relativeSource, '$1$2.js"'))
  }
}
process.exitCode = code
