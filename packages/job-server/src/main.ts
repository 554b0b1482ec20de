/**
 * `npm run demo`: parses the command line, runs the demo, and prints its result on standard output. Ctrl-C or SIGTERM
 * stops the demo in order; a second one ends it at once.
 */
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { fileURLToPath } from "node:url"
import { oneLine, print, printError } from "./command-line/printable.ts"
import { UsageError } from "./command-line/usage-error.ts"
import { parseDemoOptions, usage } from "./demo/arguments.ts"
import { resultDocument } from "./demo/result-document.ts"
import { formatResult } from "./demo/result-table.ts"
import { makeScreen } from "./demo/screen.ts"

const exitCodes = { agreed: 0, differs: 1, notStarted: 2 } as const

const repository = fileURLToPath(new URL("../../..", import.meta.url))

const run = Effect.gen(function* () {
  const options = yield* parseDemoOptions(process.argv.slice(2), repository)
  if (options === "help") {
    yield* print(usage)
    return exitCodes.agreed
  }
  // Loading the rest takes a second, which help and usage errors need not wait for.
  const { demo } = yield* Effect.promise(() => import("./demo/demo.ts"))
  const result = yield* demo(options, { screen: makeScreen(process.stderr), stop: yield* stopOnSignal })
  yield* print(
    options.isJson ? JSON.stringify(resultDocument(result), undefined, 2) : formatResult(result, process.stdout.columns)
  )
  return result.agreed ? exitCodes.agreed : exitCodes.differs
})

const signals = [
  ["SIGINT", "by Ctrl-C"],
  ["SIGTERM", "by SIGTERM"],
  ["SIGHUP", "because the terminal was closed"]
] as const

/** Completed by the first of the signals. A second one is handled by Node, which ends the process. */
const stopOnSignal: Effect.Effect<Deferred.Deferred<string>, never, Scope> = Effect.gen(function* () {
  const stop = yield* Deferred.make<string>()
  yield* Effect.forEach(signals, ([signal, reason]) =>
    Effect.acquireRelease(
      Effect.sync(() => {
        const listener = () => Deferred.unsafeDone(stop, Effect.succeed(reason))
        process.once(signal, listener)
        return listener
      }),
      (listener) => Effect.sync(() => process.off(signal, listener))
    )
  )
  return stop
})

/** What a user typed is in one line; what PostgreSQL said has several. */
const printFailure = (error: { readonly message: string }) =>
  Effect.as(printError(error instanceof UsageError ? oneLine(error.message) : error.message), exitCodes.notStarted)

const printDefect = (cause: Cause.Cause<never>) => Effect.as(printError(Cause.pretty(cause)), exitCodes.differs)

const code = await Effect.runPromise(
  run.pipe(Effect.scoped, Effect.catchAll(printFailure), Effect.catchAllCause(printDefect))
)
// A reader may close the pipe early, as in `npm run demo | head`.
process.stdout.on("error", () => undefined)
// Timers of closed clients would keep the process alive for minutes. Exit once the output is written.
process.stdout.write("", () => process.exit(code))
