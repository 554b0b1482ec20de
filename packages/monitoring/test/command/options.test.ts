import { describe, expect, it } from "vitest"
import { parse } from "../../src/command/options.ts"

describe("the command line", () => {
  it("is a command with its options", () => {
    expect(parse(["generate"])).toEqual({ name: "generate", config: undefined, to: undefined, json: false })
    expect(parse(["check", "--config", "a.ts", "--to=ops", "--json"])).toEqual({
      name: "check",
      config: "a.ts",
      to: "ops",
      json: true
    })
    expect([["--help"], ["generate", "-h"], ["--version"], ["check", "--version"]].map(parse)).toEqual([
      "help",
      "help",
      "version",
      "version"
    ])
  })

  it.each([
    [[], "There is no command, expected one of init, generate, check, diff"],
    [["make"], "make: expected one of init, generate, check, diff"],
    [["check", "ops"], "check ops: expected no more than check"],
    [["generate", "--too", "ops"], "Unknown option '--too'"],
    [["generate", "--to"], "Option '--to <value>' argument missing"],
    [["generate", "--to", ""], "--to is empty"],
    [["init", "--to", "ops"], "init has no option --to"],
    [["diff", "--json"], "diff has no option --json"]
  ])("%j is refused in one line with the way out", (args, problem) => {
    expect(parse(args)).toEqual({ problem: `${problem}. See npx @parametric-portal/monitoring --help.` })
  })
})
