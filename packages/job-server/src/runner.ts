/**
 * One runner of a cluster, in a process of its own: `runner.ts <order as JSON>`. It writes `ready` on standard output
 * when it works, and ends in order on SIGTERM or when whoever started it is gone.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Ledger } from "./audit/event-log.ts"
import { logOn, makeScreen } from "./demo/screen.ts"
import { runnerServer } from "./server/layers.ts"

/** What a runner is told by whoever starts it. */
export const RunnerOrder = Schema.Struct({
  name: Schema.String,
  /** Where to send metrics, with the path. */
  url: Schema.String,
  /** The URL of the PostgreSQL. */
  database: Schema.String,
  port: Schema.Number,
  /** The file of its ledger. */
  ledger: Schema.String
})
export type RunnerOrder = typeof RunnerOrder.Type

/** What is left to do may wait for a database that is gone too: then it ends without having done it. */
const endsWithinMs = 20_000

const isTold = Effect.async<void>((resume) => {
  const end = () => {
    setTimeout(() => {
      process.stderr.write(`it did not end in order within ${endsWithinMs / 1000} seconds\n`)
      process.exit(1)
    }, endsWithinMs)
    resume(Effect.void)
  }
  process.once("SIGTERM", end)
  process.stdin.once("end", end).resume()
})

const main = Effect.gen(function* () {
  const { database, ledger, name, port, url } = yield* Schema.decodeUnknown(Schema.parseJson(RunnerOrder))(
    process.argv[2]
  )
  const server = runnerServer({ name, url, ledger: new Ledger(ledger) }, { database, port })
  const work = Effect.zipRight(
    Effect.sync(() => process.stdout.write("ready\n")),
    isTold
  )
  yield* Effect.provide(work, server)
}).pipe(Effect.provide(logOn(makeScreen(process.stderr))))

await Effect.runPromise(main)
process.exit()
