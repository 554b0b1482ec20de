/**
 * One runner of a cluster, in its own process, with `RunnerOptions` in a variable. It prints `ready` when it is ready,
 * and stops on SIGTERM, or when its standard input closes because the process that started it is gone.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { EventLog } from "./audit/event-log.ts"
import { eventRecorder } from "./audit/event-recorder.ts"
import { logTo, makeScreen } from "./demo/screen.ts"
import { runnerServer } from "./server/layers.ts"
import { RunnerOptionsJson, runnerOptionsVariable } from "./server/runner-options.ts"

/** The database may be gone too; the runner then exits with work left to do. */
const stopTimeoutMs = 20_000

const stopRequested = Effect.async<void>((resume) => {
  const stop = () => {
    setTimeout(() => {
      process.stderr.write(`did not stop within ${stopTimeoutMs / 1000} seconds\n`)
      process.exit(1)
    }, stopTimeoutMs)
    resume(Effect.void)
  }
  process.once("SIGTERM", stop)
  process.stdin.once("end", stop).resume()
})

const main = Effect.gen(function* () {
  const given = process.env[runnerOptionsVariable]
  // What this process starts needs no password.
  Reflect.deleteProperty(process.env, runnerOptionsVariable)
  const { eventLog, hasTraces, name, otlp, url, ...cluster } = yield* Schema.decodeUnknown(RunnerOptionsJson)(given)
  const recorder = eventRecorder(new EventLog(eventLog))
  const server = runnerServer({ name, url, otlp, hasTraces, recorder }, cluster)
  const untilStopped = Effect.zipRight(
    Effect.sync(() => process.stdout.write("ready\n")),
    stopRequested
  )
  yield* Effect.provide(untilStopped, server)
}).pipe(Effect.provide(logTo(makeScreen(process.stderr))))

await Effect.runPromise(main)
process.exit()
