/** `init`, in a folder of its own. */
import { describe, expect, it } from "vitest"
import { guide } from "../../src/command/guide.ts"
import { command, filesIn, folderWith, read } from "../support/folder.ts"

describe("init", () => {
  it("writes a configuration that generate takes, and says what comes next", async () => {
    const folder = folderWith()
    expect(await command(folder, "init")).toEqual({
      code: 0,
      out: [
        "Wrote monitoring.config.ts: all of it is optional. Uncomment what differs for your jobs, routes and runbooks.",
        "Next: npx @parametric-portal/monitoring generate",
        "In CI: npx @parametric-portal/monitoring check",
        `Guide: ${guide}\n`
      ].join("\n"),
      error: ""
    })
    expect((await command(folder, "generate")).code).toBe(0)
  })

  it.each(["monitoring.config.ts", "monitoring.config.json"])("never replaces a %s", async (name) => {
    const folder = folderWith({ [name]: "mine" })
    expect(await command(folder, "init")).toEqual({
      code: 1,
      out: "",
      error: `${name} is there already. Nothing was written.`
    })
    expect(filesIn(folder).map((file) => [file, read(folder, file)])).toEqual([[name, "mine"]])
  })
})
