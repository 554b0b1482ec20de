import { describe, expect, it } from "vitest"
import { parseCommandLine } from "../src/command-line.ts"
import { files } from "../src/files.ts"
import { monitoringOf } from "../src/monitoring.ts"
import { repository, settings } from "../src/repository.ts"

describe("the options of the generator", () => {
  it("are the settings and this repository, unless given", () => {
    expect(parseCommandLine([])).toEqual({ runbooks: settings.runbooks, to: undefined })
    expect(parseCommandLine(["--runbooks", "https://wiki.example.org/runbooks/", "--to", "out"])).toEqual({
      runbooks: "https://wiki.example.org/runbooks/",
      to: "out"
    })
    expect(parseCommandLine(["--help"])).toBe("help")
  })

  it.each([
    [["--runbooks", "wiki.example.org/"], /^--runbooks is "wiki\.example\.org\/", expected an http or https URL/],
    [
      ["--runbooks", "https://wiki.example.org/runbooks"],
      /expected an http or https URL that ends with \/ or =\. For example: --runbooks https/
    ],
    [["--runbooks", ""], /^--runbooks is "", expected/],
    [["--to", ""], /^--to is empty, expected a folder\. For example: --to/],
    [["--runbook", "https://wiki.example.org/"], /^Unknown option '--runbook'\. See npm run generate -- --help\.$/],
    [["somewhere"], /^Unexpected argument 'somewhere'/]
  ])("refuse %j in one line", (args, problem) => {
    expect(parseCommandLine(args)).toEqual({ problem: expect.stringMatching(problem) })
  })

  it("set where every alert and panel links to, and nothing else", () => {
    const runbooks = "https://wiki.example.org/runbooks/"
    const there = files(monitoringOf({ ...settings, runbooks }))
    const here = files(repository)
    const linked = [...there.values()].join("").split(runbooks).length - 1
    expect(linked).toBeGreaterThan(2 * repository.alerts.length)
    for (const [name, content] of there) {
      expect(content.replaceAll(runbooks, settings.runbooks)).toBe(here.get(name))
    }
  })
})
