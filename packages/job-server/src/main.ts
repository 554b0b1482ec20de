/**
 * `npm run demo`: reads the command line, runs the demo, and writes its result on standard output. Ctrl-C or SIGTERM ends
 * the demo in order; a second one ends it at once.
 */
import * as Cause from "effect/Cause"
import * as Console from "effect/Console"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { fileURLToPath } from "node:url"
import { parseDemoOptions, usage } from "./demo/arguments.ts"
import { makeScreen } from "./demo/screen.ts"
import { tableOf } from "./demo/result-table.ts"

const exitCodes = { agreed: 0, differs: 1, refused: 2 } as const

const repository = fileURLToPath(new URL("../../..", import.meta.url))

const run = Effect.gen(function* () {
  const options = yield* parseDemoOptions(process.argv.slice(2), repository)
  if (options === "help") {
    yield* Console.log(usage)
    return exitCodes.agreed
  }
  // Everything below it takes a second to load, which a refusal need not wait for.
  const { demo } = yield* Effect.promise(() => import("./demo/demo.ts"))
  const result = yield* demo(options, { screen: makeScreen(process.stderr), stop: yield* stopOnSignal })
  yield* Console.log(options.isJson ? JSON.stringify(result, undefined, 2) : tableOf(result))
  return result.agreed ? exitCodes.agreed : exitCodes.differs
})

const signals = [
  ["SIGINT", "by Ctrl-C"],
  ["SIGTERM", "by SIGTERM"],
  ["SIGHUP", "because its terminal was closed"]
] as const

/** Completed by the first Ctrl-C, SIGTERM or SIGHUP; a second one meets Node's own handling, which ends the process. */
const stopOnSignal: Effect.Effect<Deferred.Deferred<string>, never, Scope> = Effect.gen(function* () {
  const stop = yield* Deferred.make<string>()
  yield* Effect.forEach(signals, ([signal, word]) =>
    Effect.acquireRelease(
      Effect.sync(() => {
        const listener = () => Deferred.unsafeDone(stop, Effect.succeed(word))
        process.once(signal, listener)
        return listener
      }),
      (listener) => Effect.sync(() => process.off(signal, listener))
    )
  )
  return stop
})

const refuse = (error: { readonly message: string }) => Effect.as(Console.error(error.message), exitCodes.refused)

/** What nobody foresaw: it is said as it is, and counts as not agreed. */
const collapse = (cause: Cause.Cause<never>) => Effect.as(Console.error(Cause.pretty(cause)), exitCodes.differs)

const code = await Effect.runPromise(run.pipe(Effect.scoped, Effect.catchAll(refuse), Effect.catchAllCause(collapse)))
// Nobody may read the result to its end, as in `npm run demo | head`.
process.stdout.on("error", () => undefined)
// Timers of clients that are closed would hold the process for minutes; what was written goes out first.
process.stdout.write("", () => process.exit(code))
