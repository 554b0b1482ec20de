/** Packs the published package and looks at it as its users' tools will: publint, and "are the types wrong". */
import { mkdtempSync, readdirSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { run } from "./child.mjs"
import { pnpm, root } from "./install.mjs"

const bin = (name) => path.join(root, "node_modules/.bin", name)

const inspect = async (folder) => {
  const done = await pnpm(["--filter", "@parametric-portal/server", "pack", "--pack-destination", folder], 2)
  if (done !== 0) {
    return false
  }
  const [archive] = readdirSync(folder).map((name) => path.join(folder, name))
  const linted = await run(bin("publint"), ["run", archive, "--strict"], { cwd: root, group: true })
  const typed = await run(bin("attw"), [archive, "--profile", "esm-only", "--no-emoji"], { cwd: root, group: true })
  return linted === 0 && typed === 0
}

export const packed = {
  name: "the packed package",
  execute: async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "portal-pack-"))
    const ok = await inspect(folder)
    rmSync(folder, { recursive: true, force: true })
    return { ok }
  }
}
