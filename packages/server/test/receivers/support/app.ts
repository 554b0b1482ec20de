/**
 * The application of the delivery matrix beside a real receiver: it counts fifty times a second, ends a span and logs a
 * line as often where it is told to, and says how often.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { spawn } from "node:child_process"
import { createInterface } from "node:readline"
import type { AppOptions } from "../../observe/otlp/delivery/app.ts"
import { compiled } from "../../support/programs.ts"
import { madeBeforeAll } from "./made-before-all.ts"

export interface App {
  /** Ends it in order; what it counted, the ten of its last finalizer included. */
  readonly end: Effect.Effect<number>
  /** Waits until it has ended by itself. */
  readonly ended: Effect.Effect<void>
  /** How many spans it ended, and how many lines it logged, so far. */
  readonly recorded: () => number
  /** The lines that it logged so far. */
  readonly said: () => ReadonlyArray<string>
}

export interface AppSettings extends Partial<AppOptions> {
  readonly url: string
  readonly env?: Readonly<Record<string, string>>
}

/** Compiled once for each file of tests. */
const program = madeBeforeAll(compiled(new URL("../../observe/otlp/delivery/app.ts", import.meta.url)))

const defaults = { intervalMs: 500, shutdownMs: 15_000, drainMs: 100, series: 0, otlp: {} }

/** What the total of a receiver is called. */
export const counted = "jobs_completed_total"

/** Runs when this returns, and is killed with the scope. */
export const startApp = ({ env = {}, ...options }: AppSettings): Effect.Effect<App, never, Scope> =>
  Effect.gen(function* () {
    const file = program()
    const ready = yield* Deferred.make<void>()
    const exited = yield* Deferred.make<void>()
    const child = yield* Effect.acquireRelease(
      Effect.sync(() =>
        spawn(process.execPath, [file, JSON.stringify({ ...defaults, ...options })], {
          env: { ...process.env, ...env }
        })
      ),
      (it) => Effect.sync(() => it.kill("SIGKILL"))
    )
    let count = 0
    let recorded = 0
    const said: Array<string> = []
    createInterface({ input: child.stdout }).on("line", (text) => {
      if (text.startsWith("{")) {
        const line: { counted?: number; recorded?: number; ready?: boolean } = JSON.parse(text)
        count = line.counted ?? count
        recorded = line.recorded ?? recorded
        if (line.ready === true) {
          Deferred.unsafeDone(ready, Effect.void)
        }
      }
    })
    createInterface({ input: child.stderr }).on("line", (line) => said.push(line))
    child.once("close", () => {
      Deferred.unsafeDone(exited, Effect.void)
      Deferred.unsafeDone(ready, Effect.dieMessage(`the application ended early: ${said.join("; ")}`))
    })
    yield* Deferred.await(ready)
    return {
      end: Effect.sync(() => void child.kill("SIGTERM")).pipe(
        Effect.zipRight(Deferred.await(exited)),
        Effect.map(() => count)
      ),
      ended: Deferred.await(exited),
      recorded: () => recorded,
      said: () => said
    }
  })
