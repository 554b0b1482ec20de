/** How long the event loop is held up while 100,000 histogram series are collected, encoded and sent to a collector. */
import { fork } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { MetricsService } from "@parametric-portal/server/observe/metrics"
import { Telemetry } from "@parametric-portal/server/observe/telemetry"
import { claim, median, type Result } from "./harness.ts"

const size = 100_000
const exports = 20

/** Measures `export_100k_max_stall_ms`: the longest stall of each export, the median over exports. */
export const measure = async (): Promise<ReadonlyArray<Result>> => {
  const collector = fork(fileURLToPath(new URL("./export/collector.js", import.meta.url)), { execArgv: [] })
  const [port] = await once(collector, "message")
  const runtime = ManagedRuntime.make(layers(`http://localhost:${String(port)}/v1/metrics`))
  await runtime.runPromise(fill)
  const stalls: Array<number> = []
  const wallStalls: Array<number> = []
  const seconds: Array<number> = []
  for (let index = -2; index < exports; index++) {
    const started = performance.now()
    const { longest, value } = await watchingLoop(() => runtime.runPromise(Telemetry.flush))
    const acknowledged = value.reduce((sum, { points }) => sum + points, 0)
    if (acknowledged < size) {
      throw new Error(`only ${acknowledged} points were acknowledged: ${JSON.stringify(value)}`)
    }
    if (index >= 0) {
      stalls.push(longest.ownMs)
      wallStalls.push(longest.wallMs)
      seconds.push((performance.now() - started) / 1000)
    }
  }
  await runtime.dispose()
  collector.send("how many")
  const [received] = await once(collector, "message")
  collector.kill()
  claim("points received in whole exports", Math.floor(Number(received) / size) >= exports + 2 ? 1 : 0, 1)
  return [
    { name: "export_100k_max_stall_ms", value: median(stalls), unit: "ms", samples: stalls.length },
    { name: "export.worst stall of all", value: Math.max(...stalls), unit: "ms", samples: stalls.length },
    { name: "export.longest stall by the clock", value: median(wallStalls), unit: "ms", samples: wallStalls.length },
    { name: "export.one export", value: median(seconds), unit: "s", samples: seconds.length }
  ]
}

const layers = (url: string) => {
  const metrics = MetricsService.layer({ registry: "own", limits: { default: 2 * size } })
  const telemetry = Telemetry.layer({
    serviceName: "bench",
    registries: "own",
    destinations: [{ type: "otlp", url, protocol: "http/json" }],
    interval: "1 hour"
  })
  return Layer.provideMerge(telemetry, metrics).pipe(Layer.provide(Logger.remove(Logger.defaultLogger)))
}

const fill = Effect.gen(function* () {
  const { jobs } = yield* MetricsService
  for (let index = 0; index < size; index++) {
    const series = yield* MetricsService.series(jobs.processingSeconds, {
      job_type: `type-${index}`,
      operation: "process"
    })
    series.record(0.05)
    series.record(5)
  }
})

/**
 * Runs something, and notes the longest time in which the event loop could not turn: by the clock, and as far as this
 * process was working meanwhile, which on a busy machine is the part that is its own doing.
 */
const watchingLoop = async <A>(run: () => Promise<A>) => {
  const longest = { wallMs: 0, ownMs: 0 }
  let [last, worked] = [performance.now(), process.cpuUsage()]
  let isOver = false
  const turn = (): void => {
    const { system, user } = process.cpuUsage(worked)
    const wallMs = performance.now() - last
    longest.wallMs = Math.max(longest.wallMs, wallMs)
    longest.ownMs = Math.max(longest.ownMs, Math.min(wallMs, (system + user) / 1000))
    ;[last, worked] = [performance.now(), process.cpuUsage()]
    if (!isOver) {
      setImmediate(turn)
    }
  }
  setImmediate(turn)
  const value = await run()
  isOver = true
  return { longest, value }
}
