/**
 * A gate: named steps that all run, each timed, and a closing line `N passed, N failed` from vitest's own result.
 * A step that fails without a failed test counts as one failure, so that the closing line never hides it.
 */
import { mkdtempSync, readFileSync, rmSync, writeSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { run } from "./child.mjs"
import { root } from "./install.mjs"

const bin = (name) => path.join(root, "node_modules/.bin", name)
const say = (line) => writeSync(1, `${line}\n`)
const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`

/** A step that runs one tool of the workspace; it passes when the tool exits with 0. */
export const tool = (name, command, ...args) => ({
  name,
  execute: async () => ({ ok: (await run(bin(command), args, { cwd: root, group: true })) === 0 })
})

const filesThatDidNotLoad = (result) =>
  result.testResults.filter((file) => file.status === "failed" && file.assertionResults.length === 0).length

const counted = (file) => {
  try {
    const result = JSON.parse(readFileSync(file, "utf8"))
    return {
      passed: result.numPassedTests,
      failed: result.numFailedTests + filesThatDidNotLoad(result),
      skipped: result.numPendingTests + result.numTodoTests
    }
  } catch (error) {
    say(`vitest left no result: ${error.message}`)
    return { passed: 0, failed: 0, skipped: 0 }
  }
}

/** A step that runs tests; it passes when there were some and none failed. `args` go to vitest. */
export const tests = (name, config, args) => ({
  name,
  execute: async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "portal-gate-"))
    const file = path.join(folder, "result.json")
    const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${file}`]
    const code = await run(bin("vitest"), ["run", "--config", config, ...reporters, ...args], {
      cwd: root,
      group: true
    })
    const counts = counted(file)
    rmSync(folder, { recursive: true, force: true })
    const ran = counts.passed + counts.failed > 0
    if (!ran) say("No test ran. A gate that checks nothing is a failed gate.")
    return { ok: code === 0 && ran && counts.failed === 0, counts }
  }
})

const closing = ({ passed, failed, skipped }) =>
  `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`

/** Runs every step and returns the exit code; with `counting` the last line says how many tests passed and failed. */
export const gate = async (steps, { counting }) => {
  const total = { passed: 0, failed: 0, skipped: 0 }
  const lines = []
  let interrupted = 0
  const stop = (_, number) => (interrupted = 128 + number)
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, stop)
  for (const step of steps) {
    if (interrupted > 0) break
    say(`\n== ${step.name}`)
    const start = performance.now()
    const { ok, counts = { passed: 0, failed: 0, skipped: 0 } } = await step.execute()
    lines.push(`${ok ? "ok    " : "FAILED"}  ${step.name} (${seconds(performance.now() - start)})`)
    total.passed += counts.passed
    total.skipped += counts.skipped
    total.failed += ok ? 0 : Math.max(1, counts.failed)
  }
  say(`\n${lines.join("\n")}`)
  if (interrupted > 0) {
    say("Interrupted before the end.")
    total.failed = Math.max(1, total.failed)
  }
  if (counting) say(closing(total))
  return interrupted || (total.failed > 0 ? 1 : 0)
}
