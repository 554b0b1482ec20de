/**
 * The two steps of a release that change something: `version` turns the changesets into versions and changelogs,
 * `publish` builds and publishes what is newer than what is published, and tags it. docs/releasing.md has the others.
 */
import { execFileSync } from "node:child_process"
import { readFileSync, writeFileSync } from "node:fs"
import path from "node:path"
import { run } from "./child.mjs"
import { pnpm, root } from "./install.mjs"

const bin = (name) => path.join(root, "node_modules/.bin", name)
const git = (...args) => execFileSync("git", args, { cwd: root, encoding: "utf8" })
const publishedVersion = () => JSON.parse(readFileSync(path.join(root, "packages/server/package.json"), "utf8")).version

/** The library says its version in what it exports, and reads no file for it: the constant follows the manifest. */
const sayVersion = (before, after) => {
  const constant = `export const version = "${before}"`
  const files = git("grep", "--files-with-matches", "--fixed-strings", constant, "--", "packages/server/src")
    .trim()
    .split("\n")
  for (const file of files.map((name) => path.join(root, name))) {
    writeFileSync(file, readFileSync(file, "utf8").replace(constant, `export const version = "${after}"`))
  }
}

const version = async () => {
  const before = publishedVersion()
  const code = await run(bin("changeset"), ["version"], { cwd: root, group: true })
  if (code === 0) {
    sayVersion(before, publishedVersion())
  }
  return code
}

const publish = async () => {
  if (git("status", "--porcelain") !== "") {
    process.stderr.write("The working tree has changes. Commit them first: the tag must name what is published.\n")
    return 1
  }
  const built = await run(bin("nx"), ["run-many", "-t", "build", "--outputStyle=stream"], { cwd: root, group: true })
  // pnpm and not npm: it puts versions in the place of `catalog:` and applies `publishConfig`.
  return built === 0 ? pnpm(["exec", "changeset", "publish"], "inherit", { stdio: "inherit" }) : built
}

const steps = { version, publish }

export const release = async ([step = ""]) => {
  if (Object.hasOwn(steps, step)) {
    return steps[step]()
  }
  process.stderr.write("Usage: npm run release -- version|publish\n")
  return 2
}
