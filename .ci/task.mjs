/**
 * What the npm scripts run: `node .ci/task.mjs <task> [arguments]`. It needs Node and npm and nothing else, fetches the
 * pinned pnpm, installs when needed, and runs the task with its arguments and its exit code kept.
 */
import { existsSync } from "node:fs"
import { createRequire } from "node:module"
import path from "node:path"
import { pathToFileURL } from "node:url"
import { run } from "./child.mjs"
import { install, requireNode, root } from "./install.mjs"

requireNode()

/** Runs a TypeScript program of a package in a Node of its own, in the folder in which the user typed the command. */
const program = async ({ folder, file }, args) => {
  const entry = path.join(root, "packages", folder, file)
  if (!existsSync(entry)) {
    process.stderr.write(`packages/${folder}/${file} does not exist yet.\n`)
    return 1
  }
  const tsx = pathToFileURL(createRequire(entry).resolve("tsx")).href
  return run(process.execPath, ["--import", tsx, entry, ...args], { cwd: process.env.INIT_CWD ?? root })
}

const gated = async (name, args) => (await import("./gates.mjs"))[name](args)

const tasks = {
  demo: (args) => program({ folder: "job-server", file: "src/main.ts" }, args),
  jobs: (args) => program({ folder: "job-server", file: "src/jobs.ts" }, args),
  generate: (args) => program({ folder: "monitoring", file: "src/generate.ts" }, args),
  record: (args) => program({ folder: "monitoring", file: "src/record.ts" }, args),
  bench: (args) => program({ folder: "server", file: "bench/main.ts" }, args),
  test: (args) => gated("test", args),
  "test:e2e": (args) => gated("endToEnd", args),
  "test:receivers": (args) => gated("withRealReceivers", args),
  docs: () => gated("docs", []),
  check: () => gated("check", []),
  changeset: (args) => run(path.join(root, "node_modules/.bin/changeset"), args, { cwd: root }),
  release: async (args) => (await import("./release.mjs")).release(args),
  format: (args) => run(path.join(root, "node_modules/.bin/oxfmt"), args, { cwd: root })
}

const [name = "", ...args] = process.argv.slice(2)
if (!Object.hasOwn(tasks, name)) {
  process.stderr.write(`Usage: npm run <task> [-- arguments], with one of: ${Object.keys(tasks).join(", ")}\n`)
  process.exit(2)
}
/** Those that show the page, or test it: it is built where its sources have changed. */
const withPage = new Set(["demo", "bench", "test", "test:e2e", "test:receivers"])

const buildPage = () =>
  run(path.join(root, "node_modules/.bin/nx"), ["run", "dashboard:page", "--outputStyle=stream"], {
    cwd: root,
    group: true,
    stdio: ["ignore", "ignore", 2]
  })

const code = (await install()) || (withPage.has(name) ? await buildPage() : 0)
if (code !== 0 && name.startsWith("test")) {
  process.stdout.write("0 passed, 1 failed\n")
}
process.exitCode = code === 0 ? await tasks[name](args) : code
