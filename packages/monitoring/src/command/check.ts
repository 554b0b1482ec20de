/** `check`: whether a folder has what `generate` writes, and whether Prometheus takes its rules. */
import path from "node:path"
import { differencesOf } from "./differences.ts"
import type { Plan } from "./plan.ts"
import { type RuleFiles, rulesProblem } from "./promtool.ts"

/** What to print, and whether all is as it should be. */
export interface Verdict {
  readonly ok: boolean
  readonly text: string
}

export interface CheckOptions {
  /** Whether the result is printed as JSON. */
  readonly isJson: boolean
  /** The folder of `--to`, as it was given. */
  readonly to: string | undefined
}

/** Compares the files of a plan with those that are there; where promtool is installed, it checks the rules. */
export const check = async (plan: Plan, { isJson, to }: CheckOptions): Promise<Verdict> => {
  const differences = differencesOf(plan).map(({ kind, name }) => ({ kind, name }))
  const rules = differences.length === 0 ? await rulesProblem(ruleFilesOf(plan)) : "not asked"
  const ok = differences.length === 0 && (rules === "none" || rules === "not asked")
  if (isJson) {
    return { ok, text: `${JSON.stringify({ ok, differences, promtool: rules })}\n` }
  }
  if (differences.length > 0) {
    const lines = differences.map(({ kind, name }) => `${kind.padEnd(9)}  ${name}`)
    const command = `${plan.monitoring.settings.generatedBy}${to === undefined ? "" : ` --to ${to}`}`
    if (plan.listed.size === 0 && differences.every(({ kind }) => kind === "missing")) {
      const elsewhere = to === undefined ? ", or name the folder that they are in: --to folder" : ""
      return { ok, text: `${plan.to} has no generated files. Run: ${command}${elsewhere}\n` }
    }
    const files = `${differences.length} ${differences.length === 1 ? "file is" : "files are"}`
    return { ok, text: `${[...lines, `${files} not as generated. Run: ${command}`].join("\n")}\n` }
  }
  const all = `${plan.wanted.size} files are as generated`
  if (!ok) {
    return { ok, text: `${all}, and promtool refuses their rules, or a test of one fails:\n${rules}\n` }
  }
  return { ok, text: `${all}${rules === "none" ? ", and promtool accepts their rules" : ""}.\n` }
}

/** The rule files of Prometheus, and the tests of rules; none where the store has names that promtool does not know. */
const ruleFilesOf = ({ folders, monitoring, to, wanted }: Plan): RuleFiles => {
  const folder = monitoring.settings.naming === "prometheus" ? folders.get("prometheus") : undefined
  const within = (part: string) =>
    folder === undefined
      ? []
      : [...wanted.keys()]
          .filter((name) => name.startsWith(path.posix.join(folder, part, "/")) && name.endsWith(".yaml"))
          .map((name) => path.join(to, name))
  return { rules: within("rules"), tests: within("tests") }
}
