/** The help texts of `npm run jobs`. */
import { priorities } from "@parametric-portal/server/observe/catalogue"
import { JobType } from "../server/work.ts"

const oneOf = (names: ReadonlyArray<string>): string =>
  `${names.slice(0, -1).join(", ")} or ${names.slice(-1).join("")}`

/** The commands: their parameters and options, what they do, and details. */
export const usages = {
  submit: {
    line: "submit <type> <file> [--priority p]",
    does: "submit a job",
    details: `type       digest (SHA-256), compress (gzip; the ratio) or parse (JSON)
  file       a file that the server can read
  --priority ${oneOf(priorities)}; the default depends on the type

Prints the id of the job, for status and cancel.`
  },
  status: { line: "status <id>", does: "show a job, and its result when it is completed", details: "" },
  cancel: { line: "cancel <id>", does: "cancel a waiting or running job", details: "" },
  dead: {
    line: "dead [--type t] [--limit n] [--after next]",
    does: "list dead letters, oldest first",
    details: `--type     only this type: ${oneOf(JobType.literals)}
  --limit    at most this many; 20 by default
  --after    the "next" value of the previous page`
  },
  replay: {
    line: "replay <id>",
    does: "run a dead letter again",
    details: "Its attempts start from one. Fix the cause first, or it fails again."
  },
  depth: { line: "depth", does: "count jobs by type and state", details: "" }
} as const

/** The help of one command, or of all. */
export const usageOf = (command?: keyof typeof usages): string =>
  command === undefined
    ? `Usage: npm run jobs -- <command> [options]

Controls a job server that was started with npm run demo (without --once) in another terminal.

${Object.values(usages)
  .map(({ does, line }) => `  ${line.padEnd(44)}${does}`)
  .join("\n")}

${commonOptions}
  --help     show this help; after a command, the help of that command

Exit codes: 0 done, 1 rejected by the server, 2 wrong usage, 3 no server answered.`
    : `Usage: npm run jobs -- ${usages[command].line} [--json] [--port n]

${capitalize(usages[command].does)}.

${usages[command].details === "" ? "" : `  ${usages[command].details}\n\n`}${commonOptions}`

const commonOptions = `  --json     print the result as one JSON document
  --port n   the port of the server, if several are running`

const capitalize = (text: string) => text.slice(0, 1).toUpperCase() + text.slice(1)
