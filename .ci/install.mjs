/**
 * Makes sure that the packages are there: the pinned pnpm installs them from the frozen lockfile, and only when the
 * lockfile or a manifest has changed since the last time. Everything it says goes to standard error.
 */
import { createHash } from "node:crypto"
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import path from "node:path"
import { fileURLToPath } from "node:url"
import { run } from "./child.mjs"

export const root = fileURLToPath(new URL("..", import.meta.url))
const stamp = path.join(root, "node_modules/.install-stamp")
const manifest = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"))
const pinned = manifest.packageManager.split("+")[0]

/** The folders of the workspace, as pnpm-workspace.yaml lists them. */
const packages = () =>
  [...readdirSync(path.join(root, "packages")).map((name) => `packages/${name}`), "examples"].filter((folder) =>
    existsSync(path.join(root, folder, "package.json"))
  )

const fingerprint = () => {
  const hash = createHash("sha256").update(`${process.platform} ${process.arch} ${process.versions.modules}`)
  const manifests = packages().map((folder) => `${folder}/package.json`)
  for (const file of ["package.json", "pnpm-lock.yaml", "pnpm-workspace.yaml", ...manifests]) {
    hash.update(`\0${file}\0`).update(readFileSync(path.join(root, file)))
  }
  return hash.digest("hex")
}

const isInstalled = (wanted) =>
  existsSync(stamp) &&
  readFileSync(stamp, "utf8") === wanted &&
  packages().every((folder) => existsSync(path.join(root, folder, "node_modules")))

/** Ends the process with one clear line if this Node is too old. */
export const requireNode = () => {
  const [major, minor] = manifest.engines.node.match(/\d+/g).map(Number)
  const [ourMajor, ourMinor] = process.versions.node.split(".").map(Number)
  if (ourMajor > major || (ourMajor === major && ourMinor >= minor)) {
    return
  }
  process.stderr.write(`This needs Node ${major}.${minor} or newer; you have ${process.versions.node}.\n`)
  process.exit(1)
}

/** Runs the pinned pnpm, with standard output sent to `stdout` ("inherit", or 2 for standard error). */
export const pnpm = (args, stdout = "inherit", options = {}) =>
  run("npx", ["--yes", "--loglevel=error", "--progress=false", pinned, ...args], {
    cwd: root,
    group: true,
    stdio: ["ignore", stdout, 2],
    ...options
  })

/** Installs when needed; resolves with 0, or with the exit code of the pnpm that failed. */
export const install = async () => {
  const wanted = fingerprint()
  if (isInstalled(wanted)) {
    return 0
  }
  process.stderr.write(`Installing the packages with ${pinned} (needed once, and after a change of versions) ...\n`)
  const code = await pnpm(["install", "--frozen-lockfile"], 2)
  if (code !== 0) {
    process.stderr.write(`The installation failed (${pinned} ended with ${code}); its reason stands above.\n`)
    return code
  }
  mkdirSync(path.dirname(stamp), { recursive: true })
  writeFileSync(stamp, wanted)
  return 0
}
