/** Memory stays flat for ten minutes of a collector that hangs, at 50,000 series. `MEMORY_MINUTES` makes it shorter. */
import { describe, expect, it } from "@effect/vitest"
import { FailureMode, spawnReceiver } from "@parametric-portal/dashboard/spawn"
import * as Effect from "effect/Effect"
import { spawn } from "node:child_process"
import { createRequire } from "node:module"
import { createInterface } from "node:readline"
import { fileURLToPath, pathToFileURL } from "node:url"

const minutes = Number(process.env["MEMORY_MINUTES"] ?? 10)

const start = (url: string, temporality: string) => {
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href
  const main = fileURLToPath(new URL("./delivery-memory-app.ts", import.meta.url))
  return spawn(process.execPath, ["--expose-gc", "--import", tsx, main, url, temporality], {
    stdio: ["ignore", "pipe", "ignore"]
  })
}

const average = (values: ReadonlyArray<number>) =>
  values.reduce((sum, one) => sum + one, 0) / values.length / 1024 / 1024

/** How many megabytes are in use in the middle third of the time, and in the last one. The first one is for warming up. */
const measure = (temporality: string) =>
  Effect.gen(function* () {
    const receiver = yield* spawnReceiver()
    yield* receiver.setFailureMode(FailureMode.hang)
    const child = yield* Effect.acquireRelease(
      Effect.sync(() => start(receiver.url, temporality)),
      (it) => Effect.sync(() => it.kill("SIGKILL"))
    )
    const used: Array<number> = []
    createInterface({ input: child.stdout }).on("line", (line) => {
      // Between them is what telemetry logs.
      if (/^\d+$/.test(line)) {
        used.push(Number(line))
      }
    })
    yield* Effect.sleep(minutes * 60_000)
    expect(used.length).toBeGreaterThan(minutes * 10)
    const third = Math.floor(used.length / 3)
    const [middle, end] = [average(used.slice(third, 2 * third)), average(used.slice(-third))]
    process.stdout.write(
      `${temporality}: ${middle.toFixed(1)} MB in the middle third, ${end.toFixed(1)} MB in the last\n`
    )
    return end - middle
  })

describe("memory", () => {
  it.scopedLive(
    `is flat over ${minutes} minutes of a hanging collector, cumulative and delta`,
    () =>
      Effect.gen(function* () {
        const grown = yield* Effect.forEach(["cumulative", "delta"], measure, { concurrency: "unbounded" })
        expect(Math.max(...grown)).toBeLessThan(3)
      }),
    minutes * 60_000 + 120_000
  )
})
