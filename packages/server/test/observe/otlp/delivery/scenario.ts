/** One scenario of the delivery matrix: an application, its receivers, all in processes of their own, and what arrived. */
import { FailureMode, type SpawnedReceiver } from "@parametric-portal/dashboard/spawn"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { spawn } from "node:child_process"
import { createInterface } from "node:readline"
import { compiled } from "../../../support/programs.ts"
import type { AppOptions } from "./app.ts"
import type { RecordReceiver } from "./spawn-record-receiver.ts"

/** What happens, in words and in deeds. */
export interface Scenario {
  readonly name: string
  readonly app?: Partial<AppOptions>
  /** How the receivers fail while the application runs; not at all unless given. */
  readonly before?: FailureMode
  /**
   * What is waited for before the end: an export of each signal that arrived, the same and the fifth part of a second, an
   * export that is under way, or a time.
   */
  readonly wait?: "exported" | "between exports" | "under way" | number
  /** How the receivers are when the application is told to end; as before unless said otherwise. */
  readonly atEnd?: FailureMode
  /** How they are some time later. */
  readonly later?: { readonly afterMs: number; readonly mode: FailureMode }
  /** A process that is stopped (SIGSTOP) for a time before the end, and then goes on. */
  readonly stops?: { readonly who: "receiver" | "application"; readonly forMs: number }
  readonly signal?: "SIGTERM" | "SIGKILL" | "none"
  readonly expect: Expectation
}

/** Of each signal; `everything` includes what was counted, traced and logged in the last finalizer. */
export interface Expectation {
  readonly acknowledged: "everything" | "all but the end" | "nothing"
  /** The longest time from the signal, or from the end of the program, to the end of the process. */
  readonly withinMs: number
}

/** The signals, as the log of telemetry calls them. */
export const signals = ["metrics", "spans", "log records"] as const
export type Signal = (typeof signals)[number]

/** What the application did, and how much of it arrived. */
export interface Delivered {
  readonly counted: number
  readonly acknowledged: number
}

/** What happened. */
export interface Result extends Readonly<Record<Signal, Delivered>> {
  readonly name: string
  readonly exitMs: number
  /** The lines that telemetry logged. */
  readonly said: ReadonlyArray<string>
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

/** Who receives metrics, and who spans and log records, and a port of gRPC before both where that is spoken. */
export interface Receivers {
  readonly metrics: SpawnedReceiver
  readonly records: RecordReceiver
  readonly grpc?: { readonly url: string }
}

/** The program of the application. */
export const app = compiled(new URL("./app.ts", import.meta.url))

/** Plays a scenario with this program, over receivers that are there already. */
export const play = (scenario: Scenario, program: string, receivers: Receivers) =>
  Effect.scoped(
    Effect.gen(function* () {
      const { metrics, records } = receivers
      yield* fail(receivers, scenario.before ?? FailureMode.none)
      yield* Effect.zipRight(metrics.clear, records.clear)
      const running = yield* start(program, optionsOf(scenario, receivers))
      yield* Deferred.await(running.ready)
      const { atEnd, later, signal = "SIGTERM", stops } = scenario
      yield* waitFor(scenario, receivers)
      if (stops !== undefined) {
        const pids = stops.who === "receiver" ? [metrics.pid, records.pid] : [running.pid]
        yield* Effect.sync(() => pids.forEach((pid) => process.kill(pid, "SIGSTOP")))
        yield* Effect.sleep(stops.forMs)
        yield* Effect.sync(() => pids.forEach((pid) => process.kill(pid, "SIGCONT")))
        // Until what waited has been read, and an export has come after it.
        yield* Effect.sleep(2 * intervalOf(scenario))
      }
      if (atEnd !== undefined) {
        yield* fail(receivers, atEnd)
      }
      if (later !== undefined) {
        yield* Effect.forkScoped(Effect.delay(fail(receivers, later.mode), later.afterMs))
      }
      const endsAt = performance.now()
      if (signal !== "none") {
        running.kill(signal)
      }
      const exitedAt = yield* Deferred.await(running.exited)
      return {
        name: scenario.name,
        ...(yield* deliveredOf(running, receivers)),
        exitMs: Math.round(exitedAt - (signal === "none" ? (running.endedAt() ?? endsAt) : endsAt)),
        said: running.said(),
        violations: yield* violationsOf(metrics)
      }
    })
  )

const fail = ({ metrics, records }: Receivers, mode: FailureMode) =>
  Effect.zipRight(metrics.setFailureMode(mode), records.setFailureMode(mode))

const intervalOf = ({ app: options }: Scenario): number => options?.intervalMs ?? defaults.intervalMs

const optionsOf = (scenario: Scenario, { grpc, metrics, records }: Receivers): AppOptions => {
  const { otlp: given = defaults.otlp } = scenario.app ?? {}
  const otlp = grpc === undefined ? given : { ...given, protocol: "grpc" as const }
  const { compression, protocol } = otlp
  return {
    ...defaults,
    ...scenario.app,
    otlp,
    url: grpc?.url ?? metrics.url,
    records: {
      base: grpc?.url ?? records.base,
      scheduleDelay: intervalOf(scenario),
      // As long as those of metrics.
      timeout: Math.min(intervalOf(scenario), 10_000),
      ...(compression === undefined ? {} : { compression }),
      ...(protocol === undefined ? {} : { protocol })
    }
  }
}

const waitFor = (scenario: Scenario, { metrics, records }: Receivers) =>
  Effect.gen(function* () {
    const { wait = "exported" } = scenario
    if (typeof wait === "number") {
      return yield* Effect.sleep(wait)
    }
    if (wait === "under way") {
      return yield* Effect.sleep(intervalOf(scenario) + 250)
    }
    yield* until(Effect.map(metrics.state, ({ requests }) => requests.some(({ acknowledged }) => acknowledged > 0)))
    yield* until(Effect.map(records.state, ({ lines, spans }) => lines.length > 0 && spans.length > 0))
    yield* Effect.sleep(wait === "between exports" ? 200 : 0)
  })

const deliveredOf = (
  running: { readonly counted: () => number; readonly recorded: () => number },
  receivers: Receivers
) =>
  Effect.gen(function* () {
    const { series } = yield* receivers.metrics.state
    const { lines, spans } = yield* receivers.records.state
    const total = series
      .filter(({ name }) => name === "jobs_completed_total")
      .reduce((sum, one) => sum + (typeof one.total === "number" ? one.total : 0), 0)
    // One that is in doubt is sent again, as receivers of spans and log records expect. What telemetry says itself, and
    // passes through its own logger, is not counted.
    const different = (names: ReadonlyArray<string>) => new Set(names.filter((name) => /^(span|line) /.test(name))).size
    return {
      metrics: { counted: running.counted(), acknowledged: total },
      spans: { counted: running.recorded(), acknowledged: different(spans) },
      "log records": { counted: running.recorded(), acknowledged: different(lines) }
    } satisfies Record<Signal, Delivered>
  })

const violationsOf = (receiver: SpawnedReceiver) =>
  Effect.map(receiver.state, ({ violations }) =>
    // The final export does not queue behind one under way, so an older point may arrive after a newer one; that the
    // newer one counts is what `acknowledged` shows. A delta that may have been taken is sent again as it was.
    violations
      .filter(({ kind }) => kind !== "out-of-order" && kind !== "duplicate")
      .map(({ kind, message, name }) => `${kind} of ${name}: ${message}`)
  )

const until = <E>(isSo: Effect.Effect<boolean, E>): Effect.Effect<void, E> =>
  Effect.flatMap(isSo, (so) => (so ? Effect.void : Effect.zipRight(Effect.sleep("50 millis"), until(isSo))))

/** A line of the application. */
interface Said {
  readonly counted?: number
  readonly recorded?: number
  readonly ready?: boolean
}

const start = (program: string, options: AppOptions) =>
  Effect.gen(function* () {
    const ready = yield* Deferred.make<void>()
    const exited = yield* Deferred.make<number>()
    const child = yield* Effect.acquireRelease(
      Effect.sync(() => spawn(process.execPath, [program, JSON.stringify(options)])),
      (it) => Effect.sync(() => it.kill("SIGKILL"))
    )
    let counted = 0
    let recorded = 0
    let readyAt: number | undefined
    const said: Array<string> = []
    createInterface({ input: child.stdout }).on("line", (text) => {
      if (!text.startsWith("{")) {
        return
      }
      const line: Said = JSON.parse(text)
      counted = line.counted ?? counted
      recorded = line.recorded ?? recorded
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
      recorded: () => recorded,
      said: () => said,
      endedAt: () => (readyAt === undefined ? undefined : readyAt + (options.endsAfterMs ?? 0)),
      kill: (signal: "SIGTERM" | "SIGKILL") => child.kill(signal)
    }
  })
