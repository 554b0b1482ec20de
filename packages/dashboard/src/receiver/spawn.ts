/**
 * A receiver in its own process, for tests in which it must not share an event loop with the sender.
 *
 * ```ts
 * const receiver = yield* spawnReceiver()
 * yield* receiver.setFailureMode(FailureMode.slow("200 millis"))
 * const { requests, series, violations } = yield* receiver.state
 * ```
 */
import * as Data from "effect/Data"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Scope } from "effect/Scope"
import { type ChildProcess, spawn } from "node:child_process"
import { createRequire } from "node:module"
import { createInterface } from "node:readline"
import { fileURLToPath, pathToFileURL } from "node:url"
import type { FailureMode } from "./failure-mode.ts"
import { FailureModeJson, type Snapshot, SnapshotJson } from "./snapshot.ts"

export { FailureMode } from "./failure-mode.ts"
export type * from "./model.ts"
export type { RequestRecord } from "./request-log.ts"
export type { Snapshot } from "./snapshot.ts"
export type { Violation, ViolationKind } from "./violation.ts"

/** The process exited before it listened; `message` contains its standard error. */
export class SpawnFailed extends Data.TaggedError("SpawnFailed")<{ readonly message: string }> {}

/** The control endpoint did not answer, or answered with an error. */
export class ControlFailed extends Data.TaggedError("ControlFailed")<{ readonly message: string }> {}

export interface SpawnedReceiver {
  /** Where to send metrics, with the path `/v1/metrics`. */
  readonly url: string
  readonly controlUrl: string
  readonly pid: number
  /** Everything that was received so far. */
  readonly state: Effect.Effect<Snapshot, ControlFailed>
  readonly setFailureMode: (mode: FailureMode) => Effect.Effect<void, ControlFailed>
  /** Removes all series, requests and violations. */
  readonly clear: Effect.Effect<void, ControlFailed>
  /** Stops the process with SIGTERM, and returns the last 10,000 lines of its standard output after the first. */
  readonly stop: Effect.Effect<ReadonlyArray<string>>
}

export interface SpawnOptions {
  /** A free one unless given. */
  readonly port?: number
  /** The file of a compiled receiver, which starts sooner than the source. */
  readonly program?: string
  /** The folder of the built page, to be shown at the receiver's address. */
  readonly pageFolder?: string
  /** Its state is shown and nothing can be changed, as outside of tests. */
  readonly isReadOnly?: boolean
}

/** Starts a receiver with a control endpoint. It stops with the scope, or when this process dies. */
export const spawnReceiver = (options: SpawnOptions = {}): Effect.Effect<SpawnedReceiver, SpawnFailed, Scope> =>
  Effect.gen(function* () {
    const exited = yield* Deferred.make<void>()
    const child = yield* Effect.acquireRelease(
      Effect.sync(() => start(options)),
      (child) => terminate(child, exited)
    )
    const lines: Array<string> = []
    const errors: Array<string> = []
    const keep = (line: string): void => {
      lines.push(line)
      if (lines.length > maxLines * 2) {
        lines.splice(0, maxLines)
      }
    }
    child.once("close", () => Deferred.unsafeDone(exited, Effect.void))
    child.once("error", (error) => errors.push(error.message))
    child.stderr?.on("data", (text: Buffer) => errors.push(text.toString()))
    const firstLine = Effect.async<string>((resume) => {
      if (child.stdout === null) {
        return
      }
      const output = createInterface({ input: child.stdout })
      output.once("line", (line) => {
        output.on("line", keep)
        resume(Effect.succeed(line))
      })
    })
    const failed = Effect.suspend(() => new SpawnFailed({ message: `the receiver exited: ${errors.join("").trim()}` }))
    const line = yield* Effect.raceFirst(firstLine, Effect.zipRight(Deferred.await(exited), failed))
    const { controlUrl, url } = yield* Effect.mapError(
      Schema.decode(Listening)(line),
      () => new SpawnFailed({ message: `the receiver did not print its address: ${line}` })
    )
    const stop = Effect.map(terminate(child, exited), () => lines.slice(-maxLines))
    return { url, controlUrl, pid: child.pid ?? 0, stop, ...controlOf(controlUrl) }
  })

/** There is one for each request, and whoever reaches the port may send any number. */
const maxLines = 10_000

const Listening = Schema.parseJson(Schema.Struct({ url: Schema.String, controlUrl: Schema.String }))

/** As this module runs, so does the receiver: compiled, or from its source by tsx. */
const beside = (): ReadonlyArray<string> => {
  if (import.meta.url.endsWith(".js")) {
    return [fileURLToPath(new URL("../main.js", import.meta.url))]
  }
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href
  return ["--import", tsx, fileURLToPath(new URL("../main.ts", import.meta.url))]
}

const start = ({ isReadOnly = false, pageFolder, port = 0, program }: SpawnOptions): ChildProcess => {
  const receiver = program === undefined ? beside() : [program]
  const changes = isReadOnly ? [] : ["--failure-modes"]
  const page = pageFolder === undefined ? [] : ["--page", pageFolder]
  const parameters = ["--json", "--control", ...changes, ...page, "--until-stdin-ends", "--port", String(port)]
  // Without the cache that tsx keeps in the folder of temporary files, where somebody else may have put it.
  const env = { ...process.env, TSX_DISABLE_CACHE: "1" }
  return spawn(process.execPath, [...receiver, ...parameters], { env, stdio: ["pipe", "pipe", "pipe"] })
}

/** Sends SIGTERM, and SIGKILL two seconds later if the process is still running. */
const terminate = (child: ChildProcess, exited: Deferred.Deferred<void>): Effect.Effect<void> =>
  Effect.async<void>((resume) => {
    if (child.pid === undefined) {
      return resume(Effect.void)
    }
    if (child.exitCode === null && child.signalCode === null) {
      child.kill("SIGTERM")
    }
    const kill = setTimeout(() => child.kill("SIGKILL"), 2_000)
    const ended = Effect.zipRight(
      Deferred.await(exited),
      Effect.sync(() => clearTimeout(kill))
    )
    resume(ended)
  })

const controlOf = (controlUrl: string) => {
  const state = Effect.flatMap(call(`${controlUrl}/state`, {}), (text) =>
    Effect.mapError(Schema.decode(SnapshotJson)(text), (error) => new ControlFailed({ message: error.message }))
  )
  const setFailureMode = (mode: FailureMode) =>
    Schema.encode(FailureModeJson)(mode).pipe(
      Effect.mapError((error) => new ControlFailed({ message: error.message })),
      Effect.flatMap((body) => call(`${controlUrl}/failure-mode`, { method: "PUT", body })),
      Effect.asVoid
    )
  return { state, setFailureMode, clear: Effect.asVoid(call(`${controlUrl}/clear`, { method: "POST" })) }
}

/** Opens a new connection for each call, so that none is left open when the receiver stops. */
const call = (
  url: string,
  init: { readonly method?: string; readonly body?: string }
): Effect.Effect<string, ControlFailed> =>
  Effect.tryPromise({
    try: (signal) =>
      fetch(url, { ...init, signal, headers: { connection: "close" } }).then((response) =>
        response.text().then((text) => ({ ok: response.ok, text }))
      ),
    catch: (error) => new ControlFailed({ message: `${url}: ${String(error)}` })
  }).pipe(Effect.flatMap(({ ok, text }) => (ok ? Effect.succeed(text) : new ControlFailed({ message: text.trim() }))))
