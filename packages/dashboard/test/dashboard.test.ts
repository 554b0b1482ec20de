/** The command, as far as it needs no built page; the packed one is run by the test of newcomers. */
import { execFile } from "node:child_process"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "vitest"

const folder = fileURLToPath(new URL("..", import.meta.url))

const run = (...args: ReadonlyArray<string>) =>
  new Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }>((resolve) =>
    execFile(
      process.execPath,
      ["--import", "tsx", "src/dashboard.ts", ...args],
      { cwd: folder },
      (error, stdout, stderr) => resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr })
    )
  )

describe("the command", () => {
  it("says how it is used, and its version", async () => {
    const help = await run("--help")
    expect(help).toMatchObject({ code: 0, stderr: "" })
    expect(help.stdout).toContain("Usage: npx @parametric-portal/dashboard [--port n] [--json] [--help] [--version]\n")
    for (const option of ["--port n", "--json", "--help", "--version"]) {
      expect(help.stdout).toContain(`\n  ${option}`)
    }
    const { version } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"))
    expect(await run("--version")).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" })
  })

  it.each([
    [["--port", "99999"], '--port must be a whole number from 0 to 65535, not "99999".'],
    [["--nothing"], "Unknown option '--nothing'"],
    [["--port"], "Option '--port <value>' argument missing"]
  ])("says what is wrong with %o", async (args, message) => {
    const { code, stderr, stdout } = await run(...args)
    expect([code, stdout]).toEqual([1, ""])
    expect(stderr).toContain(message)
    expect(stderr).toContain("\nUsage: npx @parametric-portal/dashboard ")
  })
})
