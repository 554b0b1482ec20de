/** What `npm run demo` was asked for: its options, checked, or one line that says what was wrong and how to mend it. */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import { parseArgs } from "node:util"

/** Something on the command line can't be used. `message` names what was given, what is expected, and the mend. */
export class BadArgument extends Data.TaggedError("BadArgument")<{ readonly message: string }> {}

export interface DemoOptions {
  /** The folder whose files become jobs. */
  readonly folder: string
  /** End when every file of the folder has been worked on, instead of waiting for changes. */
  readonly isOnce: boolean
  /** Write the result as one JSON document instead of a table. */
  readonly isJson: boolean
  /** End after so many seconds at the latest, with what is done by then. */
  readonly seconds: number | undefined
  /** How many processes run jobs: one on SQLite, or more on a PostgreSQL of the demo's own. */
  readonly runners: number
  /** Kill one of several runners in the middle of its work. */
  readonly isKilling: boolean
  /** The port of the receiver on 127.0.0.1; 0 takes a free one. */
  readonly port: number
}

export const usage = `Usage: npm run demo -- [folder] [options]

Every file of the folder (default: this repository) becomes jobs of three types: digest (SHA-256), compress (gzip) and
parse (JSON). They run on @effect/cluster, their metrics are exported over OTLP to a receiver of their own, and at the
end what was received is compared with what was really done.

  --once        end after the folder; otherwise stay up, work on changes, and end on Ctrl-C
  --json        write the result as one JSON document on standard output; everything else is on standard error
  --seconds n   end after n seconds at the latest, with what is done by then
  --runners n   n processes run the jobs on a PostgreSQL that the demo starts itself; 1, on SQLite, unless given
  --kill-one    one of several runners is killed in the middle of its work
  --port n      the port of the receiver; a free one unless given
  --help        this text

With OTEL_METRICS_EXPORTER=prometheus a Prometheus can scrape the demo as well, at http://localhost:9464/metrics unless
OTEL_EXPORTER_PROMETHEUS_HOST and OTEL_EXPORTER_PROMETHEUS_PORT say otherwise; runner n is at the port plus n.

It ends with 0 when everything agrees, 1 when something does not, 2 when it can't start as asked.`

const options = {
  once: { type: "boolean", default: false },
  json: { type: "boolean", default: false },
  seconds: { type: "string" },
  runners: { type: "string", default: "1" },
  "kill-one": { type: "boolean", default: false },
  port: { type: "string", default: "0" },
  help: { type: "boolean", short: "h", default: false }
} as const

/** The options, or `"help"`. `defaultFolder` is what an absent folder means. */
export const parseDemoOptions = (
  args: ReadonlyArray<string>,
  defaultFolder: string
): Effect.Effect<DemoOptions | "help", BadArgument> =>
  Effect.gen(function* () {
    const { positionals, values } = yield* Effect.try({
      try: () => parseArgs({ args: [...args], options, allowPositionals: true }),
      catch: (error) => new BadArgument({ message: firstSentence(error) })
    })
    if (values.help) return "help"
    if (positionals.length > 1) {
      return yield* new BadArgument({
        message: `${positionals.length} folders were given (${positionals.join(", ")}), expected one: name only the folder to work on`
      })
    }
    const runners = yield* runnersOf(values.runners)
    if (values["kill-one"] && runners === 1) {
      return yield* new BadArgument({
        message: "--kill-one is given with one runner, expected at least two, so that one is left: add --runners 3"
      })
    }
    return {
      folder: positionals[0] ?? defaultFolder,
      isOnce: values.once,
      isJson: values.json,
      seconds: values.seconds === undefined ? undefined : yield* secondsOf(values.seconds),
      runners,
      isKilling: values["kill-one"],
      port: yield* portOf(values.port)
    }
  })

const secondsOf = (given: string): Effect.Effect<number, BadArgument> => {
  const seconds = Number(given)
  return given.trim() !== "" && Number.isFinite(seconds) && seconds > 0 && seconds <= 86_400
    ? Effect.succeed(seconds)
    : new BadArgument({
        message: `--seconds is ${JSON.stringify(given)}, expected a number above 0 and at most 86400: try --seconds 30`
      })
}

const mostRunners = 8

const runnersOf = (given: string): Effect.Effect<number, BadArgument> =>
  /^\d$/.test(given) && Number(given) >= 1 && Number(given) <= mostRunners
    ? Effect.succeed(Number(given))
    : new BadArgument({
        message: `--runners is ${JSON.stringify(given)}, expected a whole number from 1 to ${mostRunners}: try --runners 3`
      })

const portOf = (given: string): Effect.Effect<number, BadArgument> =>
  /^\d{1,5}$/.test(given) && Number(given) <= 65_535
    ? Effect.succeed(Number(given))
    : new BadArgument({
        message: `--port is ${JSON.stringify(given)}, expected a whole number from 0 to 65535: leave it out for a free port`
      })

const firstSentence = (error: unknown): string => {
  const message = error instanceof Error ? error.message : String(error)
  return `${message.split(/\n|\. /)[0] ?? message}: see npm run demo -- --help`
}
