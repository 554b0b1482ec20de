/** The command line of `npm run jobs`: the request to send, or an error that says how to fix it. */
import { priorities } from "@parametric-portal/server/observe/catalogue"
import * as Effect from "effect/Effect"
import { access, constants, stat } from "node:fs/promises"
import path from "node:path"
import { parseArgs } from "node:util"
import { pathProblem } from "../command-line/path-problem.ts"
import { parseFailure, UsageError } from "../command-line/usage-error.ts"
import { JobType } from "../server/work.ts"
import type { ControlRequest } from "./control-api-protocol.ts"
import { usages, usageOf } from "./jobs-usage.ts"

export interface JobsOptions {
  readonly request: ControlRequest
  /** Print the result as JSON. */
  readonly isJson: boolean
  /** The port of the server. */
  readonly port: number | undefined
}

type Command = keyof typeof usages

interface Help {
  readonly help: string
}

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

/** The options of each command besides `--json`, `--port` and `--help`. */
const optionsOf: Readonly<Record<Command, ReadonlyArray<keyof Values>>> = {
  submit: ["priority"],
  status: [],
  cancel: [],
  dead: ["type", "limit", "after"],
  replay: [],
  depth: []
}

/** The request to send, or the help that was asked for. */
export const parseJobsOptions = (args: ReadonlyArray<string>): Effect.Effect<JobsOptions | Help, UsageError> =>
  Effect.gen(function* () {
    const { positionals, values } = yield* Effect.try({
      try: () => parse(args),
      catch: (error) => usageError(`${parseFailure(error)}. See npm run jobs -- --help`)
    })
    const [name, ...parameters] = positionals
    if (name === undefined) {
      if (values.help) {
        return { help: usageOf() }
      }
      return yield* usageError(`No command was given. Use one of ${commands}; see npm run jobs -- --help`)
    }
    if (!isCommand(name)) {
      return yield* usageError(`Unknown command ${quote(name)}. Use one of ${commands}; see npm run jobs -- --help`)
    }
    if (values.help) {
      return { help: usageOf(name) }
    }
    const unknown = commandOptions.find((option) => values[option] !== undefined && !optionsOf[name].includes(option))
    if (unknown !== undefined) {
      return yield* usageError(`${name} has no option --${unknown}. See npm run jobs -- ${name} --help`)
    }
    const port = values.port === undefined ? undefined : yield* wholeNumber("--port", values.port, 65_535)
    return { request: yield* requests[name](parameters, values), isJson: values.json, port }
  })

type MakeRequest = (parameters: ReadonlyArray<string>, values: Values) => Effect.Effect<ControlRequest, UsageError>

const withId =
  (command: Command, make: (id: string) => ControlRequest): MakeRequest =>
  (parameters) =>
    Effect.map(checkParameters(command, parameters, ["id"]), ([id = ""]) => make(id))

const requests: Readonly<Record<Command, MakeRequest>> = {
  submit: (parameters, values) =>
    Effect.gen(function* () {
      const [type = "", file = ""] = yield* checkParameters("submit", parameters, ["type", "file"])
      const known = yield* oneOf("The job type", type, JobType.literals)
      const priority =
        values.priority === undefined ? {} : { priority: yield* oneOf("--priority", values.priority, priorities) }
      return { _tag: "Submit", type: known, file: yield* readableFile(file), ...priority }
    }),
  status: withId("status", (id) => ({ _tag: "Status", id })),
  cancel: withId("cancel", (id) => ({ _tag: "Cancel", id })),
  replay: withId("replay", (id) => ({ _tag: "Replay", id })),
  dead: (parameters, values) =>
    Effect.gen(function* () {
      yield* checkParameters("dead", parameters, [])
      const type = values.type === undefined ? {} : { type: yield* oneOf("--type", values.type, JobType.literals) }
      const limit = values.limit === undefined ? 20 : yield* wholeNumber("--limit", values.limit, 1000)
      if (values.after !== undefined && !/^\d+-[\w-]+$/.test(values.after)) {
        return yield* usageError(
          `--after must be the "next" value of the previous page, not ${quote(values.after)}. Omit it for the first page.`
        )
      }
      return { _tag: "Dead", limit, ...type, ...(values.after === undefined ? {} : { after: values.after }) }
    }),
  depth: (parameters) => Effect.as(checkParameters("depth", parameters, []), { _tag: "Depth" })
}

const commandOptions = ["priority", "type", "limit", "after"] as const

const isCommand = (name: string): name is Command => Object.hasOwn(usages, name)

const commands = Object.keys(usages).join(", ")

/** The parameters of a command, if there are as many as it needs. */
const checkParameters = (
  command: Command,
  parameters: ReadonlyArray<string>,
  names: ReadonlyArray<string>
): Effect.Effect<ReadonlyArray<string>, UsageError> => {
  if (parameters.length === names.length && parameters.every((one) => one !== "")) {
    return Effect.succeed(parameters)
  }
  const expected = names.length === 0 ? "no parameters" : names.map((name) => `<${name}>`).join(" ")
  const given = parameters.length === 0 ? "nothing" : parameters.map(quote).join(" ")
  return usageError(`${command} takes ${expected}, not ${given}. See npm run jobs -- ${command} --help`)
}

const oneOf = <Word extends string>(
  what: string,
  given: string,
  words: ReadonlyArray<Word>
): Effect.Effect<Word, UsageError> => {
  const found = words.find((word) => word === given)
  return found === undefined
    ? usageError(`${what} must be one of ${words.join(", ")}, not ${quote(given)}.`)
    : Effect.succeed(found)
}

const wholeNumber = (option: string, given: string, max: number): Effect.Effect<number, UsageError> =>
  /^\d{1,5}$/.test(given) && Number(given) >= 1 && Number(given) <= max
    ? Effect.succeed(Number(given))
    : usageError(
        `${option} must be a whole number from 1 to ${max}, not ${quote(given)}. Use a valid value, or omit it.`
      )

/** The absolute path of a file that can be read. The job reads it later; it may be gone by then. */
const readableFile = (given: string): Effect.Effect<string, UsageError> => {
  const file = path.resolve(given)
  return Effect.tryPromise({
    try: async () => {
      const isFile = (await stat(file)).isFile()
      if (isFile) {
        await access(file, constants.R_OK)
      }
      return isFile
    },
    catch: (error) => usageError(`${given} ${pathProblem(error)}. Check the path: ${file}`)
  }).pipe(
    Effect.flatMap((isFile) =>
      isFile ? Effect.succeed(file) : usageError(`${given} is not a regular file. Use the path of a file.`)
    )
  )
}

const usageError = (message: string) => new UsageError({ message })

const quote = (text: string) => JSON.stringify(text)
