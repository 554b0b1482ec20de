/** How the process of the command ends, whatever its configuration does. */
import { execFile } from "node:child_process"
import { createRequire } from "node:module"
import path from "node:path"
import { pathToFileURL } from "node:url"
import { describe, expect, it } from "vitest"
import { folderWith } from "../support/folder.ts"

const program = path.join(import.meta.dirname, "../../src/command.ts")

const loader = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href

/** What a shell sees of a line in which the command is `monitoring`. */
const shell = (config: string, line: string): Promise<{ readonly code: number; readonly error: string }> => {
  const folder = folderWith({ "monitoring.config.mjs": config })
  const script = `monitoring() { "${process.execPath}" --import "${loader}" "${program}" "$@"; }\n${line}`
  return new Promise((resolve) => {
    execFile("bash", ["-c", script], { cwd: folder }, (error, _, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), error: stderr })
    )
  })
}

const notDone =
  "The configuration, or what it imports, ended the process, or waits for what never happens. Nothing was done.\n"

const onlyRules = "export default { forms: { prometheus: true } }"

describe("the process", () => {
  it.each([
    ["ends it", "process.exit(0)"],
    ["waits for ever", "await new Promise(() => {})"]
  ])("fails where the configuration %s", async (_, statement) => {
    expect(await shell(`${statement}; ${onlyRules}`, "monitoring check")).toEqual({ code: 1, error: notDone })
  })

  it("ends where the configuration leaves something open", async () => {
    expect(await shell(`setInterval(() => {}, 1000); ${onlyRules}`, "monitoring generate")).toEqual({
      code: 0,
      error: ""
    })
  })

  it("says nothing where who reads its output has enough", async () => {
    expect(await shell("export default {}", "monitoring diff | head -1 > /dev/null")).toEqual({ code: 0, error: "" })
  })
})
