#!/usr/bin/env node
/** `npx @parametric-portal/monitoring`: dashboards, alerts and runbooks in the repository of whoever uses the library. */
import { parse, usage } from "./command/options.ts"
import { exitWith, mustFinish } from "./command/ending.ts"
import { processTerminal, type Terminal } from "./command/terminal.ts"
import { installedVersion, ownVersion, versionProblem } from "./command/versions.ts"

const main = async (args: ReadonlyArray<string>, terminal: Terminal): Promise<number> => {
  const asked = parse(args)
  if (asked === "help" || asked === "version") {
    terminal.out(asked === "help" ? usage : `${ownVersion()}\n`)
    return 0
  }
  if ("problem" in asked) {
    terminal.error(asked.problem)
    return 2
  }
  const problem = versionProblem(ownVersion(), installedVersion(terminal.folder))
  if (problem !== undefined) {
    terminal.error(problem)
  }
  // Loaded only now: with a library of another version it may fail, and the line above says why.
  const { run } = await import("./command/run.ts")
  return run(asked, terminal)
}

const terminal = processTerminal()
const finished = mustFinish(terminal)
const code = await main(process.argv.slice(2), terminal)
finished()
exitWith(code)
