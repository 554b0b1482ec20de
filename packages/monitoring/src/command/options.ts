/** The commands and their options; what is wrong with them is said in one line, with the way out. */
import { parseArgs } from "node:util"

export const commands = ["init", "generate", "check", "diff"] as const

export type CommandName = (typeof commands)[number]

export interface CommandOptions {
  readonly name: CommandName
  /** The file of the configuration; the one of the working directory unless given. */
  readonly config: string | undefined
  /** The folder to write to; that of the configuration unless given. */
  readonly to: string | undefined
  readonly json: boolean
}

const program = "npx @parametric-portal/monitoring"

export const usage = `Usage: ${program} <command> [options]

  init       writes monitoring.config.ts with every option, commented out
  generate   writes dashboards, rules and pages
  check      exits with 1 when the files are not as generate writes them; with promtool installed, checks the rules
  diff       shows how they differ

  --config file   the configuration; monitoring.config.ts, .mts, .mjs, .js or .json here unless given
  --to folder     the folder to write to, instead of that of the configuration
  --json          prints the result of generate and check as a line of JSON
  --help          prints this
  --version       prints the version
`

const options = {
  config: { type: "string" },
  to: { type: "string" },
  json: { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
  version: { type: "boolean", default: false }
} as const

/** What is asked for, or what is wrong. */
export type Asked = CommandOptions | "help" | "version" | { readonly problem: string }

/** Reads the command line. */
export const parse = (args: ReadonlyArray<string>): Asked => {
  const read = readOptions(args)
  if ("problem" in read) {
    return read
  }
  const { positionals, values } = read
  const [given, ...more] = positionals
  if (values.help || values.version) {
    return values.help ? "help" : "version"
  }
  const name = commands.find((one) => one === given)
  if (name === undefined || more.length > 0) {
    const what = name !== undefined ? `no more than ${name}` : `one of ${commands.join(", ")}`
    return wrong(
      given === undefined ? `There is no command, expected ${what}` : `${positionals.join(" ")}: expected ${what}`
    )
  }
  const { config, json, to } = values
  const [empty] = Object.entries({ config, to }).filter(([, value]) => value === "")
  const [ignored] = Object.entries({ config, to, json }).filter(
    ([option, value]) => value !== undefined && value !== false && !takes(name, option)
  )
  return empty !== undefined
    ? wrong(`--${empty[0]} is empty`)
    : ignored !== undefined
      ? wrong(`${name} has no option --${ignored[0]}`)
      : { name, config, to, json }
}

const takes = (name: CommandName, option: string): boolean => name !== "init" && !(name === "diff" && option === "json")

const wrong = (problem: string) => ({ problem: `${problem}. See ${program} --help.` })

const readOptions = (args: ReadonlyArray<string>) => {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true })
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return wrong(message.split(/\n|\. /)[0] ?? message)
  }
}
