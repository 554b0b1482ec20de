/** Runs promtool. It comes with Debian's `prometheus`; where it is missing, CI fails and a laptop says so in one line. */
import { execFileSync, spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import type { alerts } from "../../src/alerts.ts"

/** The repository's root. */
export const root = path.resolve(import.meta.dirname, "../../../..")

/** The rule file of an area, as it is committed. */
export const ruleFile = (area: keyof typeof alerts): string =>
  path.join(root, `packages/monitoring/generated/prometheus/rules/${area}.yaml`)

/** All of them. */
export const ruleFiles: ReadonlyArray<string> = [ruleFile("jobs"), ruleFile("cluster"), ruleFile("telemetry")]

const isThere = (program: string): boolean => spawnSync(program, ["--version"], { stdio: "ignore" }).status === 0

/** Whether a program is there. In CI it is taken to be, so that what needs it fails. */
export const has = (program: "promtool" | "prometheus"): boolean => {
  if (isThere(program)) {
    return true
  }
  if (process.env["CI"] !== undefined) {
    throw new Error(`${program} is missing: install Debian's package prometheus`)
  }
  process.stderr.write(`${program} is not installed (Debian: apt-get install prometheus): its tests are left out.\n`)
  return false
}

/** What promtool says: its exit code and all it printed. */
export const promtool = (...args: ReadonlyArray<string>): { readonly code: number | null; readonly output: string } => {
  const { status, stderr, stdout } = spawnSync("promtool", [...args], { encoding: "utf8", maxBuffer: 1e8 })
  return { code: status, output: `${stdout}${stderr}` }
}

/** A file of its own for as long as `use` runs. */
export const withFile = <A>(name: string, content: string, use: (file: string) => A): A => {
  const folder = mkdtempSync(path.join(tmpdir(), "monitoring-"))
  try {
    const file = path.join(folder, name)
    writeFileSync(file, content)
    return use(file)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Names of files that git knows below a folder of the repository. */
export const tracked = (folder: string): ReadonlyArray<string> =>
  execFileSync("git", ["ls-files", folder], { cwd: root, encoding: "utf8" }).split("\n").filter(Boolean)
