/** Packs the published packages and looks at them as their users' tools will: publint, and "are the types wrong". */
import { mkdtempSync, readdirSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { run } from "./child.mjs"
import { pnpm, root } from "./install.mjs"

const bin = (name) => path.join(root, "node_modules/.bin", name)

const inspect = async (name, folder) => {
  const done = await pnpm(["--filter", name, "pack", "--pack-destination", folder], 2)
  if (done !== 0) {
    return false
  }
  const [archive] = readdirSync(folder).map((file) => path.join(folder, file))
  const linted = await run(bin("publint"), ["run", archive, "--strict"], { cwd: root, group: true })
  const typed = await run(bin("attw"), [archive, "--profile", "esm-only", "--no-emoji"], { cwd: root, group: true })
  return linted === 0 && typed === 0
}

export const packed = {
  name: "the packed packages",
  execute: async () => {
    let ok = true
    for (const name of ["@parametric-portal/server", "@parametric-portal/dashboard", "@parametric-portal/monitoring"]) {
      const folder = mkdtempSync(path.join(tmpdir(), "portal-pack-"))
      ok = (await inspect(name, folder)) && ok
      rmSync(folder, { recursive: true, force: true })
    }
    return { ok }
  }
}
