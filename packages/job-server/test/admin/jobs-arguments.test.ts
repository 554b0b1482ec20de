import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { UsageError } from "../../src/command-line/usage-error.ts"
import { parseJobsOptions } from "../../src/admin/jobs-arguments.ts"
import { folderOf } from "../program.ts"

const see = "See npm run jobs --"
const commands = "submit, status, cancel, dead, replay, depth"

describe("the command line of npm run jobs", () => {
  it.effect.each([
    [[], `No command was given. Use one of ${commands}; see npm run jobs -- --help`],
    [["frob"], `Unknown command "frob". Use one of ${commands}; see npm run jobs -- --help`],
    [["--zip"], `Unknown option '--zip'. ${see} --help`],
    [["submit"], `submit takes <type> <file>, not nothing. ${see} submit --help`],
    [["submit", "digest"], `submit takes <type> <file>, not "digest". ${see} submit --help`],
    [["submit", "zip", "a"], 'The job type must be one of digest, compress, parse, not "zip".'],
    [["submit", "parse", "/nowhere/a"], "/nowhere/a does not exist. Check the path: /nowhere/a"],
    [["submit", "parse", "/"], "/ is not a regular file. Use the path of a file."],
    [
      ["submit", "parse", "a", "--priority", "top"],
      '--priority must be one of critical, high, normal, low, not "top".'
    ],
    [["status"], `status takes <id>, not nothing. ${see} status --help`],
    [["cancel", "a", "b"], `cancel takes <id>, not "a" "b". ${see} cancel --help`],
    [["replay", ""], `replay takes <id>, not "". ${see} replay --help`],
    [["dead", "a"], `dead takes no parameters, not "a". ${see} dead --help`],
    [
      ["dead", "--limit", "0"],
      '--limit must be a whole number from 1 to 1000, not "0". Use a valid value, or omit it.'
    ],
    [["dead", "--type", "zip"], '--type must be one of digest, compress, parse, not "zip".'],
    [
      ["dead", "--after", "soon"],
      '--after must be the "next" value of the previous page, not "soon". Omit it for the first page.'
    ],
    [
      ["depth", "--port", "x"],
      '--port must be a whole number from 1 to 65535, not "x". Use a valid value, or omit it.'
    ],
    [["depth", "--limit", "3"], `depth has no option --limit. ${see} depth --help`]
  ] as const)("%j is rejected", ([args, line]) =>
    Effect.map(Effect.flip(parseJobsOptions(args)), (error) => expect(error).toEqual(new UsageError({ message: line })))
  )

  it.scoped("is parsed completely", () =>
    Effect.gen(function* () {
      const folder = yield* folderOf({ "a.txt": "a" })
      const file = `${folder}/a.txt`
      const next = "1764209103000-019ac2e4-5f6a-7c3e-8a51-0f6d2b1c9e77"
      expect(
        yield* parseJobsOptions(["submit", "digest", file, "--priority", "low", "--json", "--port", "80"])
      ).toEqual({
        request: { _tag: "Submit", type: "digest", file, priority: "low" },
        isJson: true,
        port: 80
      })
      expect(yield* parseJobsOptions(["dead", "--type", "parse", "--limit", "5", "--after", next])).toEqual({
        request: { _tag: "Dead", type: "parse", limit: 5, after: next },
        isJson: false,
        port: undefined
      })
    })
  )
})
