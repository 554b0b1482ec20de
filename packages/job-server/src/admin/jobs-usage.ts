/** The help texts of `npm run jobs`. */

/** Each command: its parameters and options, what it does, and more of it. */
export const usages = {
  submit: {
    line: "submit <type> <file> [--priority p]",
    does: "hand the server a job",
    more: `type       digest (SHA-256), compress (gzip, how much smaller) or parse (JSON)
  file       a file that the server can read
  --priority critical, high, normal or low; the type's own unless given

It prints the id of the job, by which status and cancel know it.`
  },
  status: { line: "status <id>", does: "show a job, and its result when it is completed", more: "" },
  cancel: { line: "cancel <id>", does: "cancel a job that waits or runs", more: "" },
  dead: {
    line: "dead [--type t] [--limit n] [--after next]",
    does: "list the dead letters, oldest first",
    more: `--type     only those of this type: digest, compress or parse
  --limit    at most so many, 20 unless given
  --after    the "next" of the page before, to go on from there`
  },
  replay: {
    line: "replay <id>",
    does: "put a dead letter back to work",
    more: "Its attempts count from the start. Mend what it died of first, or it dies again."
  },
  depth: { line: "depth", does: "how many jobs of each type wait, run or are dead", more: "" }
} as const

/** The help of one command, or of all. */
export const usageOf = (command?: keyof typeof usages): string =>
  command === undefined
    ? `Usage: npm run jobs -- <command> [options]

Talks to a job server that was started with npm run demo (without --once) in another terminal.

${Object.values(usages)
  .map(({ does, line }) => `  ${line.padEnd(44)}${does}`)
  .join("\n")}

${always}
  --help     this text, or after a command the help of that command

It ends with 0 when it is done, 1 when the server refuses, 2 when it can't be asked so, 3 when no server answers.`
    : `Usage: npm run jobs -- ${usages[command].line} [--json] [--port n]

${capital(usages[command].does)}.

${usages[command].more === "" ? "" : `  ${usages[command].more}\n\n`}${always}`

const always = `  --json     write the answer as one JSON document
  --port n   the port of the server, where several run`

const capital = (text: string) => text.slice(0, 1).toUpperCase() + text.slice(1)
