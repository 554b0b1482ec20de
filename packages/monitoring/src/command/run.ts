/** Runs a command over the configuration of a folder. */
import path from "node:path"
import { ConfigError } from "../config/config-error.ts"
import { load } from "../config/load.ts"
import { check, type Verdict } from "./check.ts"
import { diff } from "./diff.ts"
import { generate } from "./generate.ts"
import { init } from "./init.ts"
import type { CommandOptions } from "./options.ts"
import { type More, planOf } from "./plan.ts"
import { TargetError } from "./target-error.ts"
import type { Terminal } from "./terminal.ts"

/** Runs it; the exit code. `more` are files besides those of the forms. */
export const run = async (options: CommandOptions, terminal: Terminal, more?: More): Promise<number> => {
  try {
    const { ok, text } = await verdictOf(options, terminal, more)
    terminal.out(text)
    return ok ? 0 : 1
  } catch (error) {
    if (error instanceof ConfigError || error instanceof TargetError || isOfSystem(error)) {
      terminal.error(error.message)
      return 1
    }
    throw error
  }
}

/** What the operating system refuses, such as to read a file. */
const isOfSystem = (error: unknown): error is Error => error instanceof Error && "syscall" in error

const verdictOf = async (
  { config, json, name, to }: CommandOptions,
  { folder, hasColors }: Terminal,
  more?: More
): Promise<Verdict> => {
  if (name === "init") {
    return { ok: true, text: init(folder) }
  }
  const plan = planOf(await load(folder, config), { to: to === undefined ? undefined : path.resolve(folder, to), more })
  switch (name) {
    case "generate":
      return { ok: true, text: generate(plan, { isJson: json, from: folder }) }
    case "check":
      return check(plan, { isJson: json, to })
    case "diff":
      return diff(plan, hasColors)
  }
}
