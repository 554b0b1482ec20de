/** A program that a test starts, freezes and ends, for as long as a scope is open. */
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { type ChildProcess, spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"

export interface Running {
  readonly pid: number
  /** What it wrote to standard output and standard error so far. */
  readonly output: () => string
  /** Stops it without its knowing: sockets stay, nothing is read and nothing answered. */
  readonly freeze: Effect.Effect<void>
  readonly resume: Effect.Effect<void>
  /** Ends it in order, and kills it after ten seconds. */
  readonly stop: Effect.Effect<void>
}

export interface StartOptions {
  readonly program: string
  readonly args: ReadonlyArray<string>
  /** Asked until it says yes. */
  readonly isReady: Effect.Effect<boolean>
  readonly env?: Readonly<Record<string, string>>
}

const isRunning = (child: ChildProcess): boolean =>
  child.pid !== undefined && child.exitCode === null && child.signalCode === null

const children = new Set<ChildProcess>()

process.once("exit", () => children.forEach((child) => child.kill("SIGKILL")))

/** Ends with the scope, or when this process does. */
export const start = ({ args, env, isReady, program }: StartOptions): Effect.Effect<Running, never, Scope> =>
  Effect.gen(function* () {
    const child = yield* Effect.acquireRelease(
      Effect.sync(() => {
        const made = spawn(program, [...args], { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] })
        children.add(made)
        return made
      }),
      (made) =>
        Effect.zipRight(
          stopped(made),
          Effect.sync(() => children.delete(made))
        )
    )
    const said: Array<string> = []
    const hear = (text: Buffer) => said.push(text.toString())
    child.stdout.on("data", hear)
    child.stderr.on("data", hear)
    child.once("error", (error) => said.push(`${error.message}; npm run test:receivers puts it into the path`))
    const ready: Effect.Effect<void> = Effect.gen(function* () {
      const deadline = performance.now() + 60_000
      while (!(yield* isReady)) {
        if (!isRunning(child) || performance.now() > deadline) {
          return yield* Effect.dieMessage(`${program} did not start: ${said.join("").slice(-2_000)}`)
        }
        yield* Effect.sleep("50 millis")
      }
    })
    yield* ready
    return {
      pid: child.pid ?? 0,
      output: () => said.join(""),
      freeze: Effect.sync(() => void child.kill("SIGSTOP")),
      resume: Effect.sync(() => void child.kill("SIGCONT")),
      stop: stopped(child)
    }
  })

const stopped = (child: ChildProcess): Effect.Effect<void> =>
  Effect.async((resume) => {
    if (!isRunning(child)) {
      return resume(Effect.void)
    }
    const late = setTimeout(() => child.kill("SIGKILL"), 10_000)
    child.once("exit", () => {
      clearTimeout(late)
      resume(Effect.void)
    })
    child.kill("SIGCONT")
    child.kill("SIGTERM")
  })

/** A folder that goes with the scope. */
export const folder: Effect.Effect<string, never, Scope> = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(path.join(tmpdir(), "receivers-"))),
  (made) => Effect.sync(() => rmSync(made, { recursive: true, force: true }))
)

/** Whether something answers a GET with success. */
export const answers = (url: string): Effect.Effect<boolean> =>
  Effect.promise(() =>
    fetch(url).then(
      async (response) => {
        await response.arrayBuffer()
        return response.ok
      },
      () => false
    )
  )
