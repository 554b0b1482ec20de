import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { BadArgument } from "../../src/demo/arguments.ts"
import { parseJobs } from "../../src/admin/jobs-arguments.ts"
import { folderOf } from "../program.ts"

const see = "see npm run jobs --"
const commands = "submit, status, cancel, dead, replay, depth"

describe("the command line of npm run jobs", () => {
  it.effect.each([
    [[], `No command is given, expected one of ${commands}: ${see} --help`],
    [["frob"], `The command is "frob", expected one of ${commands}: ${see} --help`],
    [["--zip"], `Unknown option '--zip': ${see} --help`],
    [["submit"], `submit was given nothing, expected <type> <file>: ${see} submit --help`],
    [["submit", "digest"], `submit was given "digest", expected <type> <file>: ${see} submit --help`],
    [["submit", "zip", "a"], 'The job type is "zip", expected one of digest, compress, parse: try digest'],
    [
      ["submit", "parse", "/nowhere/a"],
      "/nowhere/a does not exist, expected a file that can be read: check /nowhere/a"
    ],
    [["submit", "parse", "/"], "/ is no regular file, expected a file that can be read: name one"],
    [
      ["submit", "parse", "a", "--priority", "top"],
      '--priority is "top", expected one of critical, high, normal, low: try critical'
    ],
    [["status"], `status was given nothing, expected <id>: ${see} status --help`],
    [["cancel", "a", "b"], `cancel was given "a" "b", expected <id>: ${see} cancel --help`],
    [["replay", ""], `replay was given "", expected <id>: ${see} replay --help`],
    [["dead", "a"], `dead was given "a", expected nothing: ${see} dead --help`],
    [["dead", "--limit", "0"], '--limit is "0", expected a whole number from 1 to 1000: leave it out for the usual'],
    [["dead", "--type", "zip"], '--type is "zip", expected one of digest, compress, parse: try digest'],
    [
      ["dead", "--after", "soon"],
      '--after is "soon", expected the "next" of the page before: leave it out for the first page'
    ],
    [["depth", "--port", "x"], '--port is "x", expected a whole number from 1 to 65535: leave it out for the usual'],
    [["depth", "--limit", "3"], `--limit is given to depth, which has no such option: ${see} depth --help`]
  ] as const)("%j is refused", ([args, line]) =>
    Effect.map(Effect.flip(parseJobs(args)), (error) => expect(error).toEqual(new BadArgument({ message: line })))
  )

  it.scoped("is read whole", () =>
    Effect.gen(function* () {
      const folder = yield* folderOf({ "a.txt": "a" })
      const file = `${folder}/a.txt`
      expect(yield* parseJobs(["submit", "digest", file, "--priority", "low", "--json", "--port", "80"])).toEqual({
        question: { _tag: "Submit", type: "digest", file, priority: "low" },
        isJson: true,
        port: 80
      })
      expect(yield* parseJobs(["dead", "--type", "parse", "--limit", "5", "--after", "12-AB"])).toEqual({
        question: { _tag: "Dead", type: "parse", limit: 5, after: "12-AB" },
        isJson: false,
        port: undefined
      })
    })
  )
})
