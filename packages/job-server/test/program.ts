/** Runs the programs of this package as a user does: each in its own process, with its output and exit code. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { type ChildProcess, spawn, type SpawnOptions } from "node:child_process"
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import path from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { compilePrograms } from "../../../vitest.programs.ts"

export interface Exited {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  readonly child: ChildProcess
  /** Waits until standard error matches, and returns the match. Fails if the process exits first. */
  readonly waitFor: (pattern: RegExp) => Effect.Effect<RegExpMatchArray, Error>
  readonly exited: Effect.Effect<Exited>
}

/** How a program is started: compiled, unless it is run from its source, as `npm run` does. */
export interface StartOptions extends SpawnOptions {
  readonly isSource?: boolean
}

/** Starts a program of this package; it is killed with the scope if it is still running. */
export const start = (
  program: "main" | "jobs",
  args: ReadonlyArray<string>,
  { isSource = false, ...options }: StartOptions = {}
): Effect.Effect<Running, never, Scope> =>
  Effect.gen(function* () {
    const exit = yield* Deferred.make<Exited>()
    const file = isSource
      ? ["--import", tsx, source(`src/${program}`)]
      : [yield* Effect.promise(() => compiled(program))]
    const child = yield* Effect.acquireRelease(
      Effect.sync(() => spawn(process.execPath, [...file, ...args], { ...options, stdio: "pipe" })),
      (started) =>
        Effect.zipRight(
          Effect.sync(() => started.kill("SIGKILL")),
          Deferred.await(exit)
        )
    )
    let stdout = ""
    let stderr = ""
    child.stdout?.on("data", (text: Buffer) => (stdout += text.toString()))
    child.stderr?.on("data", (text: Buffer) => (stderr += text.toString()))
    child.once("close", (code) => Deferred.unsafeDone(exit, Effect.succeed({ code, stdout, stderr })))
    const exited = Deferred.await(exit)
    const waitFor = (pattern: RegExp): Effect.Effect<RegExpMatchArray, Error> =>
      Effect.suspend(() => {
        const match = stderr.match(pattern)
        if (match !== null) {
          return Effect.succeed(match)
        }
        return child.exitCode === null && child.signalCode === null
          ? Effect.delay(waitFor(pattern), "20 millis")
          : Effect.fail(new Error(`it exited without printing ${pattern}: ${stderr}`))
      })
    return { child, waitFor, exited }
  })

/** Runs a program of this package until it exits. */
export const run = (
  program: "main" | "jobs",
  args: ReadonlyArray<string>,
  options: StartOptions = {}
): Effect.Effect<Exited> => Effect.scoped(Effect.flatMap(start(program, args, options), ({ exited }) => exited))

/** A folder with these files, by relative path; it is deleted with the scope. */
export const folderOf = (files: Readonly<Record<string, string>>): Effect.Effect<string, never, Scope> =>
  Effect.gen(function* () {
    const folder = yield* Effect.acquireRelease(
      Effect.promise(() => mkdtemp(path.join(tmpdir(), "job-server-test-"))),
      (created) => Effect.promise(() => rm(created, { recursive: true, force: true }))
    )
    yield* Effect.forEach(Object.entries(files), ([name, content]) =>
      Effect.promise(async () => {
        await mkdir(path.dirname(path.join(folder, name)), { recursive: true })
        await writeFile(path.join(folder, name), content)
      })
    )
    return folder
  })

/** What lets Node run the sources. */
export const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href

const source = (file: string) => fileURLToPath(new URL(`../${file}.ts`, import.meta.url))

/**
 * Compiled when a process first asks for them, and removed when all tests have run (`compiled-programs.ts`): the two
 * programs, and those that they start, in the places where they look for them.
 */
let programs: Promise<string> | undefined

const home = fileURLToPath(new URL("..", import.meta.url))

const compiled = async (program: "main" | "jobs"): Promise<string> => {
  programs ??= compilePrograms(home, {
    demo: source("src/main"),
    jobs: source("src/jobs"),
    runner: source("src/runner"),
    main: source("../dashboard/src/main")
  })
  return path.join(await programs, program === "main" ? "demo.js" : "jobs.js")
}
