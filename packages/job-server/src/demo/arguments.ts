/** The command line of `npm run demo`: its options, or an error that says how to fix it. */
import * as Effect from "effect/Effect"
import { parseArgs } from "node:util"
import { parseFailure, UsageError } from "../command-line/usage-error.ts"

export interface DemoOptions {
  /** The folder whose files become jobs. */
  readonly folder: string
  /** Stop when all files of the folder are done, instead of watching for changes. */
  readonly isOnce: boolean
  /** Print the result as one JSON document instead of a table. */
  readonly isJson: boolean
  /** Stop after this many seconds at the latest. */
  readonly seconds: number | undefined
  /** How many processes run jobs: one on SQLite, or several on a temporary PostgreSQL. */
  readonly runners: number
  /** Kill one of several runners while it works. */
  readonly isKilling: boolean
  /** The port of the receiver on 127.0.0.1; 0 takes a free one. */
  readonly port: number
  /** Where all three signals are exported to besides, without their paths. */
  readonly otlp: string | undefined
  /** Whether spans and log records are exported to the receiver, so that its page shows them. */
  readonly hasTraces: boolean
}

export const usage = `Usage: npm run demo -- [folder] [options]

Runs jobs for every file of the folder (default: this repository): digest (SHA-256), compress (gzip) and parse (JSON).
The jobs run on @effect/cluster and export their metrics over OTLP to a local receiver. At the end, the metrics that
were received are compared with what happened.

  --once        stop when the folder is done; otherwise watch it for changes until Ctrl-C
  --json        print the result as one JSON document on standard output; everything else goes to standard error
  --seconds n   stop after n seconds at the latest
  --runners n   run jobs in n processes on a temporary PostgreSQL; the default is 1, on SQLite
  --kill-one    kill one of several runners while it works
  --port n      the port of the receiver; a free one by default
  --traces      export traces and logs to the receiver too: the page leads from a job to its trace and log lines
  --otlp url    export metrics, traces and logs to this address too, as OTEL_EXPORTER_OTLP_ENDPOINT would name it
  --help        show this help

With OTEL_METRICS_EXPORTER=prometheus, Prometheus can scrape the demo at http://localhost:9464/metrics. Set
OTEL_EXPORTER_PROMETHEUS_HOST and OTEL_EXPORTER_PROMETHEUS_PORT to change that; runner n uses the port plus n.

Exit codes: 0 the metrics agree, 1 they do not, 2 the demo could not start.`

const options = {
  once: { type: "boolean", default: false },
  json: { type: "boolean", default: false },
  seconds: { type: "string" },
  runners: { type: "string", default: "1" },
  "kill-one": { type: "boolean", default: false },
  port: { type: "string", default: "0" },
  traces: { type: "boolean", default: false },
  otlp: { type: "string" },
  help: { type: "boolean", short: "h", default: false }
} as const

/** The options, or `"help"`. */
export const parseDemoOptions = (
  args: ReadonlyArray<string>,
  defaultFolder: string
): Effect.Effect<DemoOptions | "help", UsageError> =>
  Effect.gen(function* () {
    const { positionals, values } = yield* Effect.try({
      try: () => parseArgs({ args: [...args], options, allowPositionals: true }),
      catch: (error) => usageError(`${parseFailure(error)}. See npm run demo -- --help`)
    })
    if (values.help) {
      return "help"
    }
    if (positionals.length > 1) {
      return yield* usageError(`Only one folder is possible, not ${positionals.length} (${positionals.join(", ")}).`)
    }
    const runners = yield* parseRunners(values.runners)
    if (values["kill-one"] && runners === 1) {
      return yield* usageError("--kill-one needs at least two runners, so that one is left. Add --runners 3.")
    }
    if (values.traces && values.otlp !== undefined) {
      return yield* usageError("--traces and --otlp exclude each other: spans and log lines go to one address.")
    }
    return {
      folder: positionals[0] ?? defaultFolder,
      isOnce: values.once,
      isJson: values.json,
      seconds: values.seconds === undefined ? undefined : yield* parseSeconds(values.seconds),
      runners,
      isKilling: values["kill-one"],
      port: yield* parsePort(values.port),
      otlp: values.otlp === undefined ? undefined : yield* parseAddress(values.otlp),
      hasTraces: values.traces
    }
  })

const usageError = (message: string) => new UsageError({ message })

const parseSeconds = (given: string): Effect.Effect<number, UsageError> => {
  const seconds = Number(given)
  return given.trim() !== "" && Number.isFinite(seconds) && seconds > 0 && seconds <= 86_400
    ? Effect.succeed(seconds)
    : usageError(
        `--seconds must be a number above 0 and at most 86400, not ${JSON.stringify(given)}. Example: --seconds 30`
      )
}

const maxRunners = 8

const parseRunners = (given: string): Effect.Effect<number, UsageError> =>
  /^\d$/.test(given) && Number(given) >= 1 && Number(given) <= maxRunners
    ? Effect.succeed(Number(given))
    : usageError(
        `--runners must be a whole number from 1 to ${maxRunners}, not ${JSON.stringify(given)}. Example: --runners 3`
      )

/** What the library takes for a URL as well. It is not shown: it may have a password. */
const parseAddress = (given: string): Effect.Effect<string, UsageError> =>
  /^https?:\/\/[^/]/i.test(given) && URL.canParse(given) && new URL(given).port !== "0"
    ? Effect.succeed(given)
    : usageError("--otlp must be an http or https address. Example: --otlp http://localhost:4318")

const parsePort = (given: string): Effect.Effect<number, UsageError> =>
  /^\d{1,5}$/.test(given) && Number(given) <= 65_535
    ? Effect.succeed(Number(given))
    : usageError(
        `--port must be a whole number from 0 to 65535, not ${JSON.stringify(given)}. Omit it to use a free port.`
      )
