/** What `npm run jobs` was asked for, checked, or one line that says what was wrong and how to mend it. */
import * as Effect from "effect/Effect"
import { access, constants, stat } from "node:fs/promises"
import path from "node:path"
import { parseArgs } from "node:util"
import { BadArgument } from "../demo/arguments.ts"
import { priorities, type Question } from "./control-api-protocol.ts"
import { usages, usageOf } from "./jobs-usage.ts"
import { JobType } from "../server/work.ts"

/** A question for the server, and how it is asked and shown. */
export interface Asked {
  readonly question: Question
  readonly isJson: boolean
  readonly port: number | undefined
}

export type Command = keyof typeof usages

interface Help {
  readonly help: string
}

const types = JobType.literals

const options = {
  json: { type: "boolean", default: false },
  port: { type: "string" },
  priority: { type: "string" },
  type: { type: "string" },
  limit: { type: "string" },
  after: { type: "string" },
  help: { type: "boolean", short: "h", default: false }
} as const

type Values = ReturnType<typeof parse>["values"]

const parse = (args: ReadonlyArray<string>) => parseArgs({ args: [...args], options, allowPositionals: true })

/** The options that a command has besides `--json`, `--port` and `--help`. */
const own: Readonly<Record<Command, ReadonlyArray<keyof Values>>> = {
  submit: ["priority"],
  status: [],
  cancel: [],
  dead: ["type", "limit", "after"],
  replay: [],
  depth: []
}

/** What to ask the server, or the help that was asked for. */
export const parseJobs = (args: ReadonlyArray<string>): Effect.Effect<Asked | Help, BadArgument> =>
  Effect.gen(function* () {
    const { positionals, values } = yield* Effect.try({
      try: () => parse(args),
      catch: (error) => bad(`${firstSentence(error)}: see npm run jobs -- --help`)
    })
    const [name, ...given] = positionals
    if (name === undefined) {
      if (values.help) return { help: usageOf() }
      return yield* bad(`No command is given, expected one of ${commands}: see npm run jobs -- --help`)
    }
    if (!isCommand(name)) {
      return yield* bad(`The command is ${quoted(name)}, expected one of ${commands}: see npm run jobs -- --help`)
    }
    if (values.help) return { help: usageOf(name) }
    const foreign = ownOptions.find((option) => values[option] !== undefined && !own[name].includes(option))
    if (foreign !== undefined) {
      return yield* bad(
        `--${foreign} is given to ${name}, which has no such option: see npm run jobs -- ${name} --help`
      )
    }
    const port = values.port === undefined ? undefined : yield* numberOf("--port", values.port, 65_535)
    return { question: yield* questions[name](given, values), isJson: values.json, port }
  })

type Ask = (given: ReadonlyArray<string>, values: Values) => Effect.Effect<Question, BadArgument>

const questionOfId =
  (command: Command, of: (id: string) => Question): Ask =>
  (given) =>
    Effect.map(exactly(command, given, ["id"]), ([id = ""]) => of(id))

const questions: Readonly<Record<Command, Ask>> = {
  submit: (given, values) =>
    Effect.gen(function* () {
      const [type = "", file = ""] = yield* exactly("submit", given, ["type", "file"])
      const known = yield* oneOf("The job type", type, types)
      const priority =
        values.priority === undefined ? {} : { priority: yield* oneOf("--priority", values.priority, priorities) }
      return { _tag: "Submit", type: known, file: yield* readable(file), ...priority }
    }),
  status: questionOfId("status", (id) => ({ _tag: "Status", id })),
  cancel: questionOfId("cancel", (id) => ({ _tag: "Cancel", id })),
  replay: questionOfId("replay", (id) => ({ _tag: "Replay", id })),
  dead: (given, values) =>
    Effect.gen(function* () {
      yield* exactly("dead", given, [])
      const type = values.type === undefined ? {} : { type: yield* oneOf("--type", values.type, types) }
      const limit = values.limit === undefined ? 20 : yield* numberOf("--limit", values.limit, 1000)
      if (values.after !== undefined && !/^\d+-\w+$/.test(values.after)) {
        return yield* bad(
          `--after is ${quoted(values.after)}, expected the "next" of the page before: leave it out for the first page`
        )
      }
      return { _tag: "Dead", limit, ...type, ...(values.after === undefined ? {} : { after: values.after }) }
    }),
  depth: (given) => Effect.as(exactly("depth", given, []), { _tag: "Depth" })
}

const ownOptions = ["priority", "type", "limit", "after"] as const

const isCommand = (name: string): name is Command => Object.hasOwn(usages, name)

const commands = Object.keys(usages).join(", ")

/** The parameters of a command, as many as it has. */
const exactly = (
  command: Command,
  given: ReadonlyArray<string>,
  names: ReadonlyArray<string>
): Effect.Effect<ReadonlyArray<string>, BadArgument> => {
  if (given.length === names.length && given.every((one) => one !== "")) return Effect.succeed(given)
  const wanted = names.length === 0 ? "nothing" : names.map((name) => `<${name}>`).join(" ")
  const what = given.length === 0 ? "nothing" : given.map(quoted).join(" ")
  return bad(`${command} was given ${what}, expected ${wanted}: see npm run jobs -- ${command} --help`)
}

const oneOf = <Word extends string>(
  what: string,
  given: string,
  words: ReadonlyArray<Word>
): Effect.Effect<Word, BadArgument> => {
  const found = words.find((word) => word === given)
  return found === undefined
    ? bad(`${what} is ${quoted(given)}, expected one of ${words.join(", ")}: try ${words[0] ?? ""}`)
    : Effect.succeed(found)
}

const numberOf = (what: string, given: string, most: number): Effect.Effect<number, BadArgument> =>
  /^\d{1,5}$/.test(given) && Number(given) >= 1 && Number(given) <= most
    ? Effect.succeed(Number(given))
    : bad(`${what} is ${quoted(given)}, expected a whole number from 1 to ${most}: leave it out for the usual`)

/** The absolute path of a file that can be read; the job reads it later, so it may be gone by then. */
const readable = (given: string): Effect.Effect<string, BadArgument> => {
  const file = path.resolve(given)
  return Effect.tryPromise({
    try: async () => {
      const isFile = (await stat(file)).isFile()
      if (isFile) await access(file, constants.R_OK)
      return isFile
    },
    catch: (error) => {
      const code = error instanceof Error && "code" in error ? String(error.code) : String(error)
      const problem = problems[code] ?? `can't be read (${code})`
      return new BadArgument({ message: `${given} ${problem}, expected a file that can be read: check ${file}` })
    }
  }).pipe(
    Effect.flatMap((isFile) =>
      isFile ? Effect.succeed(file) : bad(`${given} is no regular file, expected a file that can be read: name one`)
    )
  )
}

const problems: Readonly<Record<string, string>> = {
  ENOENT: "does not exist",
  ENOTDIR: "goes through a file",
  EACCES: "may not be read by this user",
  EPERM: "may not be read by this user"
}

const bad = (message: string) => new BadArgument({ message })

const quoted = (text: string) => JSON.stringify(text)

const firstSentence = (error: unknown): string => {
  const message = error instanceof Error ? error.message : String(error)
  return message.split(/\n|\. /)[0] ?? message
}
