/** Runs promtool. It comes with Debian's `prometheus`; where it is missing, CI fails and a laptop says so in one line. */
import { execFile, spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { type Area, areas } from "../../src/alerts.ts"

/** The repository's root. */
export const root = path.resolve(import.meta.dirname, "../../../..")

/** The rule file of an area, as it is committed. */
export const ruleFile = (area: Area): string =>
  path.join(root, `packages/monitoring/generated/prometheus/rules/${area}.yaml`)

/** All of them. */
export const ruleFiles: ReadonlyArray<string> = areas.map(ruleFile)

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
export const promtool = (...args: ReadonlyArray<string>): Promise<{ readonly code: number; readonly output: string }> =>
  new Promise((resolve) => {
    const child = execFile("promtool", [...args], { maxBuffer: 1e8 }, (_, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, output: `${stdout}${stderr}` })
    )
  })

/** Lets promtool test rules by a file of its own; "as expected", or what it found otherwise. */
export const testRules = async (content: string): Promise<string> => {
  const folder = mkdtempSync(path.join(tmpdir(), "monitoring-"))
  try {
    const file = path.join(folder, "test.yaml")
    writeFileSync(file, content)
    const { code, output } = await promtool("test", "rules", file)
    return code === 0 ? "as expected" : output
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
