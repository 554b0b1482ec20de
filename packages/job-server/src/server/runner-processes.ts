/** Several runners, each in a process of its own, and what is done to them. */
import * as Data from "effect/Data"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Scope } from "effect/Scope"
import { type ChildProcess, spawn } from "node:child_process"
import { createRequire } from "node:module"
import path from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath, pathToFileURL } from "node:url"
import { freePort } from "./free-port.ts"
import { within } from "./time-limit.ts"
import type { RunnerOrder } from "../runner.ts"
import type { Screen } from "../demo/screen.ts"

/** A runner ended before it was ready. */
export class RunnerFailed extends Data.TaggedError("RunnerFailed")<{ readonly message: string }> {}

export interface Runner {
  readonly name: string
  readonly pid: number
  /** The file of its ledger. */
  readonly ledger: string
  /** Holds it still, wherever it is, and lets it go on. */
  readonly hold: Effect.Effect<void>
  readonly release: Effect.Effect<void>
  /** Ends it at once, as a crash would. */
  readonly kill: Effect.Effect<void>
  /** Ends it in order: its work is handed over, its metrics are exported. */
  readonly stop: Effect.Effect<void>
}

export interface FleetOptions {
  readonly count: number
  readonly url: string
  readonly database: string
  /** Where the ledgers are. */
  readonly folder: string
  readonly screen: Screen
}

/**
 * Starts runners, and waits until each is ready; they are stopped with the scope. The first one comes alone: it makes
 * the tables, which the cluster's own migrations don't let several do at once.
 */
export const startFleet = ({ count, folder, screen, ...rest }: FleetOptions) =>
  Effect.gen(function* () {
    const start = (number: number) =>
      Effect.flatMap(freePort, (port) => {
        const name = `runner-${number}`
        return startRunner({ ...rest, name, port, ledger: path.join(folder, `${name}.jsonl`) }, screen)
      })
    const first = yield* start(1)
    const others = Array.from({ length: count - 1 }, (_, index) => index + 2)
    return [first, ...(yield* Effect.forEach(others, start, { concurrency: "unbounded" }))]
  })

const startRunner = (order: RunnerOrder, screen: Screen): Effect.Effect<Runner, RunnerFailed, Scope> =>
  Effect.gen(function* () {
    const { ledger, name } = order
    const exited = yield* Deferred.make<void>()
    const child = yield* Effect.acquireRelease(
      Effect.sync(() => launch(order, exited)),
      (started) => end(started, "SIGTERM", exited)
    )
    const isReady = Effect.async<void>((resume) => {
      if (child.stdout === null || child.stderr === null) return
      createInterface({ input: child.stdout }).once("line", () => resume(Effect.void))
      createInterface({ input: child.stderr }).on("line", (line) => screen.line(`${name} ${line}`))
    })
    const failed = new RunnerFailed({ message: `${name} ended before it was ready; what it said stands above` })
    yield* Effect.raceFirst(isReady, Effect.zipRight(Deferred.await(exited), failed)).pipe(
      Effect.timeoutFail({
        duration: readyWithin,
        onTimeout: () => new RunnerFailed({ message: `${name} was not ready within ${readyWithin}` })
      })
    )
    return {
      name,
      pid: child.pid ?? 0,
      ledger,
      hold: Effect.sync(() => child.kill("SIGSTOP")),
      release: Effect.sync(() => child.kill("SIGCONT")),
      kill: end(child, "SIGKILL", exited),
      stop: end(child, "SIGTERM", exited)
    }
  })

/** It takes two seconds on a machine that has nothing else to do. */
const readyWithin = "2 minutes"

/** A group of its own keeps Ctrl-C from it; the open standard input tells it that we are there. */
const launch = (order: RunnerOrder, exited: Deferred.Deferred<void>): ChildProcess => {
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href
  const entry = fileURLToPath(new URL("../runner.ts", import.meta.url))
  // The driver of PostgreSQL warns of how @effect/sql-pg uses it; nobody who reads the demo can do anything about it.
  const flags = ["--disable-warning=DeprecationWarning", "--import", tsx]
  const child = spawn(process.execPath, [...flags, entry, JSON.stringify(order)], {
    detached: true,
    stdio: ["pipe", "pipe", "pipe"]
  })
  const gone = () => Deferred.unsafeDone(exited, Effect.void)
  return child.once("close", gone).once("error", gone)
}

/**
 * Signals a process, and waits until it is gone; one that takes more than fifteen seconds is killed. After that its death
 * is sure, and only the news of it is waited for.
 */
const end = (child: ChildProcess, signal: NodeJS.Signals, exited: Deferred.Deferred<void>): Effect.Effect<void> =>
  Effect.suspend(() => {
    if (child.pid === undefined) return Effect.void
    if (child.exitCode === null && child.signalCode === null) child.kill(signal)
    const killed = Effect.zipRight(
      Effect.sync(() => child.kill("SIGKILL")),
      within(Deferred.await(exited), "5 seconds")
    )
    return Effect.flatMap(within(Deferred.await(exited), "15 seconds"), (gone) =>
      Option.isSome(gone) ? Effect.void : Effect.asVoid(killed)
    )
  })
