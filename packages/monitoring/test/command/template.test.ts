import { describe, expect, it } from "vitest"
import { template } from "../../src/command/template.ts"
import { optionNames } from "../../src/config/schema.ts"
import { load } from "../../src/config/load.ts"
import { everyOption } from "../support/every-option.ts"
import { folderWith } from "../support/folder.ts"

describe("what init writes", () => {
  it("is right with all that it shows, and shows every option once", async () => {
    const folder = folderWith({ "monitoring.config.ts": everyOption })
    const { config } = await load(folder)
    expect(Object.keys(config)).toEqual(optionNames)
    expect(Object.keys(config.forms ?? {}).length).toBe(7)
  })

  it("sets nothing", async () => {
    const { config } = await load(folderWith({ "monitoring.config.ts": template }))
    expect(config).toEqual({})
  })
})
