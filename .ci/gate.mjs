/**
 * A gate: named steps that all run, each timed, and a closing line `N passed, N failed` from vitest's own result.
 * A step that fails without a failed test counts as one failure, so that the closing line never hides it.
 * Steps run one after the other; one that is `beside` runs from the start, and its output is shown when it has ended.
 */
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { environment, run } from "./child.mjs"
import { root } from "./install.mjs"

const bin = (name) => path.join(root, "node_modules/.bin", name)
const say = (line) => writeSync(1, `${line}\n`)
const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`

/** A step that runs one tool of the workspace; it passes when the tool exits with 0. */
export const tool = (name, command, ...args) => ({
  name,
  execute: async (stdio = "inherit") => ({
    ok: (await run(bin(command), args, { cwd: root, group: true, stdio })) === 0
  })
})

/** The same step beside the others. */
export const beside = (step) => ({ ...step, isBeside: true })

const nothing = { passed: 0, failed: 0, skipped: 0 }

/** Runs a step; the result has its time. */
const timed = async (step, stdio) => {
  const start = performance.now()
  const { ok, counts = nothing } = await step.execute(stdio)
  return { name: step.name, ok, counts, took: performance.now() - start }
}

/** Runs a step with its output in a file, and shows that when it has ended. */
const timedApart = async (step) => {
  const folder = mkdtempSync(path.join(tmpdir(), "portal-gate-"))
  const file = path.join(folder, "output")
  const output = openSync(file, "w")
  const result = await timed(step, ["ignore", output, output])
  closeSync(output)
  return {
    ...result,
    show: () => {
      say(`\n== ${step.name}`)
      writeSync(1, readFileSync(file))
      rmSync(folder, { recursive: true, force: true })
    }
  }
}

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
    return nothing
  }
}

/** A step that runs tests; it passes when there were some and none failed. `args` go to vitest, `env` is its environment. */
export const tests = (name, { args, config, env = environment() }) => ({
  name,
  execute: async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "portal-gate-"))
    const file = path.join(folder, "result.json")
    const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${file}`]
    const code = await run(bin("vitest"), ["run", "--config", config, ...reporters, ...args], {
      cwd: root,
      group: true,
      env
    })
    const counts = counted(file)
    rmSync(folder, { recursive: true, force: true })
    const ran = counts.passed + counts.failed > 0
    if (!ran) {
      say("No test ran. A gate that checks nothing is a failed gate.")
    }
    return { ok: code === 0 && ran && counts.failed === 0, counts }
  }
})

const closing = ({ passed, failed, skipped }) =>
  `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`

const total = (results) =>
  results.reduce(
    (sum, { ok, counts }) => ({
      passed: sum.passed + counts.passed,
      skipped: sum.skipped + counts.skipped,
      failed: sum.failed + (ok ? 0 : Math.max(1, counts.failed))
    }),
    nothing
  )

/** Runs every step and returns the exit code; with `counting` the last line says how many tests passed and failed. */
export const gate = async (steps, { counting }) => {
  let interrupted = 0
  const stop = (_, number) => (interrupted = 128 + number)
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.on(signal, stop)
  }
  const start = performance.now()
  const apart = steps.filter(({ isBeside }) => isBeside).map(timedApart)
  const results = []
  for (const step of steps.filter(({ isBeside }) => !isBeside)) {
    if (interrupted > 0) {
      break
    }
    say(`\n== ${step.name}`)
    results.push(await timed(step))
  }
  for (const result of await Promise.all(apart)) {
    result.show()
    results.push(result)
  }
  say("")
  for (const { name, ok, took } of results) {
    say(`${ok ? "ok    " : "FAILED"}  ${name} (${seconds(took)})`)
  }
  if (results.length > 1) {
    say(`        all of it (${seconds(performance.now() - start)})`)
  }
  const counts = total(results)
  if (interrupted > 0) {
    say("Interrupted before the end.")
    counts.failed = Math.max(1, counts.failed)
  }
  if (counting) {
    say(closing(counts))
  }
  return interrupted || (counts.failed > 0 ? 1 : 0)
}
