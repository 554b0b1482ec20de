/** Programs that run for as long as a scope is open, and what they print to standard error. */
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { createRequire } from "node:module"
import path from "node:path"
import { pathToFileURL } from "node:url"

/** The repository's root. */
export const repository = path.resolve(import.meta.dirname, "../../../..")

/** A program that is running. */
export interface Running {
  /** Waits for a line that matches, and gives what its first group matched; fails when the program ends before. */
  readonly said: (pattern: RegExp) => Effect.Effect<string, Error>
}

export interface Command {
  readonly command: string
  readonly args: ReadonlyArray<string>
  readonly env?: Readonly<Record<string, string>>
}

/** Starts a program; it is stopped with the scope by `SIGINT`, and killed if it takes longer than 30 seconds. */
export const running = ({ args, command, env }: Command): Effect.Effect<Running, never, Scope> =>
  Effect.gen(function* () {
    let text = ""
    const child = yield* Effect.acquireRelease(
      Effect.sync(() => {
        const started = spawn(command, [...args], {
          env: { ...process.env, ...env },
          stdio: ["ignore", "ignore", "pipe"]
        })
        process.once("exit", () => started.kill())
        started.stderr?.on("data", (more: Buffer) => (text += more.toString()))
        started.once("error", (error) => (text += error.message))
        return started
      }),
      stop
    )
    const said = (pattern: RegExp): Effect.Effect<string, Error> =>
      Effect.suspend(() => {
        const found = pattern.exec(text)?.[1]
        if (found !== undefined) {
          return Effect.succeed(found)
        }
        return isRunning(child)
          ? Effect.delay(said(pattern), "50 millis")
          : Effect.fail(new Error(`${command} ended before it printed ${String(pattern)}:\n${text.slice(-2000)}`))
      })
    return { said }
  })

/** A TypeScript program of the job server, as npm runs it. */
export const jobServerProgram = (file: string, args: ReadonlyArray<string>): Command => {
  const folder = path.join(repository, "packages/job-server")
  const tsx = pathToFileURL(createRequire(path.join(folder, "package.json")).resolve("tsx")).href
  return { command: process.execPath, args: ["--import", tsx, path.join(folder, "src", file), ...args] }
}

const isRunning = (child: ChildProcess): boolean =>
  child.pid !== undefined && child.exitCode === null && child.signalCode === null

const stop = (child: ChildProcess): Effect.Effect<void> =>
  Effect.promise(async () => {
    if (isRunning(child)) {
      const ended = once(child, "exit")
      const late = setTimeout(() => child.kill("SIGKILL"), 30_000)
      child.kill("SIGINT")
      await ended
      clearTimeout(late)
    }
  })
