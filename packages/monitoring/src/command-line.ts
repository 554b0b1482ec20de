/** Parses and checks the options of `npm run generate`; what is wrong is said in one line, with how to fix it. */
import { parseArgs } from "node:util"
import { settings } from "./repository.ts"

export interface GenerateOptions {
  /** The URL under which operators read the runbooks. */
  readonly runbooks: string
  /** The folder to write to; this repository unless given. */
  readonly to: string | undefined
}

export const usage = `Usage: npm run generate -- [options]

Generates dashboards, rules, runbooks and the reference of metrics from the catalogue.
In this repository also the types of handles, and tables in README.md and docs/guides/cluster.md.

  --runbooks url   the URL of the runbooks, to which alerts and panels link; must end with / or =, because the name of
                   the alert and .md are appended; default: runbooks in packages/monitoring/src/settings.ts, which is
                   ${settings.runbooks}
  --to folder      the folder to write to; default: this repository, where files that are no longer generated are removed
  --help           print this help`

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
      problem: `--runbooks is ${JSON.stringify(runbooks)}, expected an http or https URL that ends with / or =. For example: --runbooks https://wiki.example.org/runbooks/`
    }
  }
  if (to === "") {
    return { problem: "--to is empty, expected a folder. For example: --to ../operations/monitoring" }
  }
  return { runbooks, to }
}

const readOptions = (args: ReadonlyArray<string>) => {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: false }).values
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return { problem: `${message.split(/\n|\. /)[0] ?? message}. See npm run generate -- --help.` }
  }
}
