/** Lets promtool check rules and run their tests, where it is installed: it comes with Prometheus. */
import { execFile } from "node:child_process"

/** The paths of rule files, and of files with tests of rules. */
export interface RuleFiles {
  readonly rules: ReadonlyArray<string>
  readonly tests: ReadonlyArray<string>
}

/** `"none"`, what promtool says, or that it was not asked: it is not installed, or there are no rules. */
export const rulesProblem = async ({ rules, tests }: RuleFiles): Promise<string> => {
  if (rules.length === 0) {
    return "not asked"
  }
  const checked = await promtool(["check", "rules", ...rules])
  return checked === "none" && tests.length > 0 ? promtool(["test", "rules", ...tests]) : checked
}

const promtool = (args: ReadonlyArray<string>): Promise<string> =>
  new Promise((resolve) => {
    execFile("promtool", args, { maxBuffer: 64_000_000 }, (error, stdout, stderr) =>
      resolve(error === null ? "none" : error.code === "ENOENT" ? "not asked" : `${stdout}${stderr}`.trim())
    )
  })
