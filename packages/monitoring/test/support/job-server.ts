/** The job server of this repository in a process of its own, kept busy, with a page that a Prometheus can scrape. */
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type { Scope } from "effect/Scope"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import path from "node:path"
import { pathToFileURL } from "node:url"
import { root } from "./promtool.ts"

/** Starts it as `npm run demo` does, on a folder in which something changes all the time; where it can be scraped. */
export const jobServer: Effect.Effect<URL, Error, Scope> = Effect.gen(function* () {
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(path.join(tmpdir(), "job-server-"))),
    (made) => Effect.sync(() => rmSync(made, { recursive: true, force: true }))
  )
  const write = (name: string, content: string) => Effect.sync(() => writeFileSync(path.join(folder, name), content))
  yield* Effect.forEach(Array.from({ length: 40 }).keys(), (index) =>
    write(`${index}.txt`, `Line ${index}\n`.repeat(99))
  )
  const said: Array<string> = []
  const child = yield* Effect.acquireRelease(
    Effect.sync(() => start(folder, (text) => said.push(text))),
    stopped
  )
  let count = 0
  const change = Effect.suspend(() => write(`${(count += 1) % 5}.json`, JSON.stringify({ count })))
  yield* Effect.forkScoped(Effect.repeat(change, Schedule.spaced("500 millis")))
  const address: Effect.Effect<URL, Error> = Effect.suspend(() => {
    const found = /Metrics can be scraped at (\S+)/.exec(said.join(""))?.[1]
    if (found !== undefined) {
      return Effect.succeed(new URL(found))
    }
    return isRunning(child)
      ? Effect.delay(address, "50 millis")
      : Effect.fail(new Error(`The job server ended: ${said.join("")}`))
  })
  return yield* address
})

const jobServerFolder = path.join(root, "packages/job-server")

const start = (folder: string, say: (text: string) => void): ChildProcess => {
  const tsx = pathToFileURL(createRequire(path.join(jobServerFolder, "package.json")).resolve("tsx")).href
  const child = spawn(process.execPath, ["--import", tsx, path.join(jobServerFolder, "src/main.ts"), folder], {
    env: { ...process.env, OTEL_METRICS_EXPORTER: "prometheus", OTEL_EXPORTER_PROMETHEUS_PORT: "0" },
    stdio: ["ignore", "ignore", "pipe"]
  })
  process.once("exit", () => child.kill())
  child.stderr?.on("data", (text: Buffer) => say(text.toString()))
  return child
}

const isRunning = (child: ChildProcess): boolean => child.exitCode === null && child.signalCode === null

/** In order, as by Ctrl-C; one that takes too long is killed. */
const stopped = (child: ChildProcess): Effect.Effect<void> =>
  Effect.promise(async () => {
    if (isRunning(child)) {
      const ended = once(child, "exit")
      const late = setTimeout(() => child.kill("SIGKILL"), 20_000)
      child.kill("SIGINT")
      await ended
      clearTimeout(late)
    }
  })
