import { describe, expect, it } from "vitest"
import { installedVersion, ownVersion, versionProblem } from "../../src/command/versions.ts"
import { folderWith } from "../support/folder.ts"

describe("the versions of this package and of the library", () => {
  it("go together where they are of one minor version, or where there is no library", () => {
    expect([versionProblem("0.2.0", "0.2.7"), versionProblem("0.2.3", undefined)]).toEqual([undefined, undefined])
  })

  it.each([
    ["0.2.0", "0.3.1", "0.3"],
    ["0.3.1", "0.2.0", "0.2"],
    ["0.9.0", "1.0.0", "1.0"]
  ])("%s with %s are said in one line, with the way out", (own, library, wanted) => {
    expect(versionProblem(own, library)).toBe(
      `@parametric-portal/monitoring ${own} knows the metrics of @parametric-portal/server ${own.slice(0, 3)}, and ${library} ` +
        `is installed. Run: npm install --save-dev @parametric-portal/monitoring@${wanted}`
    )
  })

  it("are those of the folder in which the command runs", () => {
    const folder = folderWith({
      "node_modules/@parametric-portal/server/package.json":
        '{ "name": "@parametric-portal/server", "version": "7.8.9" }'
    })
    expect([installedVersion(folder), ownVersion()]).toEqual(["7.8.9", expect.stringMatching(/^\d+\.\d+\.\d+/)])
  })
})
