/** What `npm run generate` was asked for, checked, or one line that says what was wrong and how to fix it. */
import { parseArgs } from "node:util"
import { settings } from "./settings.ts"

export interface GenerateOptions {
  /** Where operators read the runbooks. */
  readonly runbooks: string
  /** The folder into which everything is written; this repository unless given. */
  readonly to: string | undefined
}

export const usage = `Usage: npm run generate -- [options]

Writes dashboards, rules, runbooks and the reference of metrics from the catalogue.

  --runbooks url   where operators read the runbooks, which alerts and panels link to: the name of an alert and .md are
                   appended, so it ends with / or =; default: runbooks in packages/monitoring/src/settings.ts, now
                   ${settings.runbooks}
  --to folder      the folder to write into; default: this repository, where what is not generated any more is removed
  --help           this text`

const options = {
  runbooks: { type: "string", default: settings.runbooks },
  to: { type: "string" },
  help: { type: "boolean", short: "h", default: false }
} as const

/** The options, `"help"`, or what is wrong. */
export const parseCommandLine = (
  args: ReadonlyArray<string>
): GenerateOptions | "help" | { readonly problem: string } => {
  const read = readOptions(args)
  if ("problem" in read) {
    return read
  }
  const { help, runbooks, to } = read
  if (help) {
    return "help"
  }
  if (!/^https?:\/\/[^/]/.test(runbooks) || !URL.canParse(runbooks) || !/[/=]$/.test(runbooks)) {
    return {
      problem: `--runbooks is ${JSON.stringify(runbooks)}, expected a URL of http or https that ends with / or =: try --runbooks https://wiki.example.org/runbooks/`
    }
  }
  if (to === "") {
    return { problem: "--to is empty, expected a folder: try --to ../operations/monitoring" }
  }
  return { runbooks, to }
}

const readOptions = (args: ReadonlyArray<string>) => {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: false }).values
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return { problem: `${message.split(/\n|\. /)[0] ?? message}: see npm run generate -- --help` }
  }
}
