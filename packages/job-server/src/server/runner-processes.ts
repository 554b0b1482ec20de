/** Several runners, each in its own process: starting, suspending, killing and stopping them. */
import * as Data from "effect/Data"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { Scope } from "effect/Scope"
import { type ChildProcess, spawn } from "node:child_process"
import { createRequire } from "node:module"
import path from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath, pathToFileURL } from "node:url"
import { freePort } from "./free-port.ts"
import { type RunnerOptions, RunnerOptionsJson, runnerOptionsVariable } from "./runner-options.ts"
import { within } from "./time-limit.ts"

/** A runner did not become ready. */
export class RunnerFailed extends Data.TaggedError("RunnerFailed")<{ readonly message: string }> {}

export interface RunnerProcess {
  readonly name: string
  readonly pid: number
  /** The file of its event log. */
  readonly eventLog: string
  readonly suspend: Effect.Effect<void>
  readonly resume: Effect.Effect<void>
  /** Ends it at once, as a crash would. */
  readonly kill: Effect.Effect<void>
  /** Shuts it down: it hands over its jobs and exports its metrics. */
  readonly stop: Effect.Effect<void>
}

export interface RunnersOptions {
  readonly count: number
  /** Where to send metrics, with the path. */
  readonly url: string
  /** Where to send all three signals besides, without their paths. */
  readonly otlp: string | undefined
  /** Whether spans and log records go where the metrics go. */
  readonly hasTraces: boolean
  /** The URL of the PostgreSQL database. */
  readonly database: string
  /** The secret that the processes of the cluster prove to each other. */
  readonly clusterSecret: string
  /** Where to write the event logs. */
  readonly folder: string
  /** Called with each line that a runner writes to standard error. */
  readonly log: (line: string) => void
}

/**
 * Starts runners and waits until each is ready; they are stopped with the scope. The first one starts alone, because it
 * creates the tables, and the migrations of the cluster must not run in several processes at once.
 */
export const startRunners = ({ count, folder, log, ...rest }: RunnersOptions) =>
  Effect.gen(function* () {
    const start = (number: number) =>
      Effect.flatMap(freePort, (port) => {
        const name = `runner-${number}`
        return startRunner({ ...rest, name, port, eventLog: path.join(folder, `${name}.jsonl`) }, log)
      })
    const first = yield* start(1)
    const others = Array.from({ length: count - 1 }, (_, index) => index + 2)
    return [first, ...(yield* Effect.forEach(others, start, { concurrency: "unbounded" }))]
  })

const startRunner = (
  options: RunnerOptions,
  log: RunnersOptions["log"]
): Effect.Effect<RunnerProcess, RunnerFailed, Scope> =>
  Effect.gen(function* () {
    const { eventLog, name } = options
    const exited = yield* Deferred.make<void>()
    const child = yield* Effect.acquireRelease(
      Effect.sync(() => launch(options, exited)),
      (started) => end(started, "SIGTERM", exited)
    )
    const ready = Effect.async<void>((resume) => {
      if (child.stdout === null || child.stderr === null) {
        return
      }
      createInterface({ input: child.stdout }).once("line", () => resume(Effect.void))
      createInterface({ input: child.stderr }).on("line", (line) => log(`${name} ${line}`))
    })
    const failed = new RunnerFailed({ message: `${name} exited before it was ready; its output is above` })
    yield* Effect.raceFirst(ready, Effect.zipRight(Deferred.await(exited), failed)).pipe(
      Effect.timeoutFail({
        duration: readyTimeout,
        onTimeout: () => new RunnerFailed({ message: `${name} was not ready within ${readyTimeout}` })
      })
    )
    return {
      name,
      pid: child.pid ?? 0,
      eventLog,
      suspend: Effect.sync(() => child.kill("SIGSTOP")),
      resume: Effect.sync(() => child.kill("SIGCONT")),
      kill: end(child, "SIGKILL", exited),
      stop: end(child, "SIGTERM", exited)
    }
  })

/** On an idle machine it takes two seconds. */
const readyTimeout = "2 minutes"

/**
 * As this module runs, so does the runner: compiled, or from its source by tsx, without the cache that tsx keeps in the
 * folder of temporary files, where somebody else may have put it.
 */
const program = (): ReadonlyArray<string> => {
  if (import.meta.url.endsWith(".js")) {
    return [fileURLToPath(new URL("../runner.js", import.meta.url))]
  }
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href
  return ["--import", tsx, fileURLToPath(new URL("../runner.ts", import.meta.url))]
}

/** Its own process group keeps Ctrl-C away from it; it stops when its standard input closes, so it never outlives us. */
const launch = (options: RunnerOptions, exited: Deferred.Deferred<void>): ChildProcess => {
  // The PostgreSQL driver warns about how @effect/sql-pg uses it, which a user of the demo cannot change.
  const flags = ["--disable-warning=DeprecationWarning", ...program()]
  const child = spawn(process.execPath, flags, {
    detached: true,
    env: { ...process.env, TSX_DISABLE_CACHE: "1", [runnerOptionsVariable]: encode(options) },
    stdio: ["pipe", "pipe", "pipe"]
  })
  const gone = () => Deferred.unsafeDone(exited, Effect.void)
  return child.once("close", gone).once("error", gone)
}

const encode = Schema.encodeSync(RunnerOptionsJson)

/** Sends a signal and waits for the exit; after 15 seconds it kills the process and waits 5 more for the news of it. */
const end = (child: ChildProcess, signal: NodeJS.Signals, exited: Deferred.Deferred<void>): Effect.Effect<void> =>
  Effect.suspend(() => {
    if (child.pid === undefined) {
      return Effect.void
    }
    if (child.exitCode === null && child.signalCode === null) {
      child.kill(signal)
    }
    const killed = Effect.zipRight(
      Effect.sync(() => child.kill("SIGKILL")),
      within(Deferred.await(exited), "5 seconds")
    )
    return Effect.flatMap(within(Deferred.await(exited), "15 seconds"), (gone) =>
      Option.isSome(gone) ? Effect.void : Effect.asVoid(killed)
    )
  })
