/** One scenario of the delivery matrix: an application, a receiver, both in processes of their own, and what arrived. */
import { FailureMode, type SpawnedReceiver } from "@parametric-portal/dashboard/spawn"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { spawn } from "node:child_process"
import { createInterface } from "node:readline"
import { compiled } from "../../../support/programs.ts"
import type { AppOptions } from "./app.ts"

/** What happens, in words and in deeds. */
export interface Scenario {
  readonly name: string
  readonly app?: Partial<AppOptions>
  /** How the receiver fails while the application runs; not at all unless given. */
  readonly before?: FailureMode
  /** What is waited for before the end: an export that arrived, one that is under way, or a time. */
  readonly wait?: "exported" | "under way" | number
  /** How the receiver is when the application is told to end; as before unless said otherwise. */
  readonly atEnd?: FailureMode
  /** How it is some time later. */
  readonly later?: { readonly afterMs: number; readonly mode: FailureMode }
  /** A process that is stopped (SIGSTOP) for a time before the end, and then goes on. */
  readonly stops?: { readonly who: "receiver" | "application"; readonly forMs: number }
  readonly signal?: "SIGTERM" | "SIGKILL" | "none"
  readonly expect: Expectation
}

/** `everything` includes what was counted in the last finalizer. */
export interface Expectation {
  readonly acknowledged: "everything" | "all but the end" | "nothing"
  /** The longest time from the signal, or from the end of the program, to the end of the process. */
  readonly withinMs: number
}

/** What happened. */
export interface Result {
  readonly name: string
  readonly counted: number
  readonly acknowledged: number
  readonly exitMs: number
  /** The last line that telemetry logged. */
  readonly said: string
  readonly violations: ReadonlyArray<string>
}

const defaults: AppOptions = {
  url: "",
  intervalMs: 1_000,
  shutdownMs: 15_000,
  drainMs: 100,
  series: 0,
  otlp: {}
}

/** The program of the application. */
export const app = compiled(new URL("./app.ts", import.meta.url))

/** Plays a scenario with this program, over a receiver that is there already. */
export const play = (scenario: Scenario, program: string, receiver: SpawnedReceiver) =>
  Effect.scoped(
    Effect.gen(function* () {
      yield* receiver.setFailureMode(scenario.before ?? FailureMode.none)
      yield* receiver.clear
      const running = yield* start(program, { ...defaults, ...scenario.app, url: receiver.url })
      yield* Deferred.await(running.ready)
      const { signal = "SIGTERM", wait = "exported" } = scenario
      const requests = Effect.map(receiver.state, ({ requests }) => requests)
      if (wait === "exported") {
        yield* until(Effect.map(requests, (all) => all.some(({ acknowledged }) => acknowledged > 0)))
      } else {
        yield* Effect.sleep(wait === "under way" ? (scenario.app?.intervalMs ?? defaults.intervalMs) + 250 : wait)
      }
      if (scenario.stops !== undefined) {
        const { forMs, who } = scenario.stops
        const pid = who === "receiver" ? receiver.pid : running.pid
        yield* Effect.sync(() => process.kill(pid, "SIGSTOP"))
        yield* Effect.sleep(forMs)
        yield* Effect.sync(() => process.kill(pid, "SIGCONT"))
        // Until what waited has been read, and an export has come after it.
        yield* Effect.sleep(2 * (scenario.app?.intervalMs ?? defaults.intervalMs))
      }
      if (scenario.atEnd !== undefined) {
        yield* receiver.setFailureMode(scenario.atEnd)
      }
      if (scenario.later !== undefined) {
        const { afterMs, mode } = scenario.later
        yield* Effect.forkScoped(Effect.delay(receiver.setFailureMode(mode), afterMs))
      }
      const endsAt = performance.now()
      if (signal !== "none") {
        running.kill(signal)
      }
      const exitedAt = yield* Deferred.await(running.exited)
      const { violations, series } = yield* receiver.state
      const total = series
        .filter(({ name }) => name === "jobs_completed_total")
        .reduce((sum, one) => sum + (typeof one.total === "number" ? one.total : 0), 0)
      return {
        name: scenario.name,
        counted: running.counted(),
        acknowledged: total,
        exitMs: Math.round(exitedAt - (signal === "none" ? (running.endedAt() ?? endsAt) : endsAt)),
        said: running.said().at(-1) ?? "",
        // The final export does not queue behind one under way, so an older point may arrive after a newer one; that the
        // newer one counts is what `acknowledged` shows. A delta that may have been taken is sent again as it was.
        violations: violations
          .filter(({ kind }) => kind !== "out-of-order" && kind !== "duplicate")
          .map(({ kind, message, name }) => `${kind} of ${name}: ${message}`)
      }
    })
  )

const until = <E>(isSo: Effect.Effect<boolean, E>): Effect.Effect<void, E> =>
  Effect.flatMap(isSo, (so) => (so ? Effect.void : Effect.zipRight(Effect.sleep("50 millis"), until(isSo))))

const start = (program: string, options: AppOptions) =>
  Effect.gen(function* () {
    const ready = yield* Deferred.make<void>()
    const exited = yield* Deferred.make<number>()
    const child = yield* Effect.acquireRelease(
      Effect.sync(() => spawn(process.execPath, [program, JSON.stringify(options)])),
      (it) => Effect.sync(() => it.kill("SIGKILL"))
    )
    let counted = 0
    let readyAt: number | undefined
    const said: Array<string> = []
    createInterface({ input: child.stdout }).on("line", (text) => {
      if (!text.startsWith("{")) {
        return
      }
      const line: { readonly counted?: number; readonly ready?: boolean } = JSON.parse(text)
      counted = line.counted ?? counted
      if (line.ready === true) {
        readyAt = performance.now()
        Deferred.unsafeDone(ready, Effect.void)
      }
    })
    createInterface({ input: child.stderr }).on("line", (line) => said.push(line))
    child.once("close", () => {
      Deferred.unsafeDone(exited, Effect.succeed(performance.now()))
      Deferred.unsafeDone(ready, Effect.dieMessage(`the application ended early: ${said.join("; ")}`))
    })
    return {
      ready,
      exited,
      pid: child.pid ?? 0,
      counted: () => counted,
      said: () => said,
      endedAt: () => (readyAt === undefined ? undefined : readyAt + (options.endsAfterMs ?? 0)),
      kill: (signal: "SIGTERM" | "SIGKILL") => child.kill(signal)
    }
  })
