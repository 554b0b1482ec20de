/** The last export, and what is under way or goes on beside it. */
import { describe, expect, it } from "@effect/vitest"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as MetricRegistry from "effect/MetricRegistry"
import * as Scope from "effect/Scope"
import { type ChildProcess, spawn } from "node:child_process"
import { Agent as TlsAgent } from "node:https"
import { MetricsService } from "../../../src/observe/metrics.ts"
import { type OtlpOptions, Telemetry } from "../../../src/observe/telemetry.ts"
import { delta, json } from "./exported.ts"
import { type Collector, collector, ok, type Received } from "./collector.ts"
import { captureLog, until } from "./pipeline.ts"

/** A collector in a process of its own, which answers after 150 ms while this one is blocked. */
const elsewhere = Effect.map(
  Effect.acquireRelease(
    Effect.async<{ readonly child: ChildProcess; readonly url: string }>((resume) => {
      const program = `
        require("node:http").createServer((request, response) => {
          request.resume().on("end", () => { console.log("read"); setTimeout(() => response.end(), 150) })
        }).listen(0, "127.0.0.1", function () { console.log(this.address().port) })`
      const child = spawn(process.execPath, ["--eval", program], { stdio: ["ignore", "pipe", "inherit"] })
      // Once it has read a request.
      child.stdout.on("data", (text) => {
        const end = performance.now() + (String(text).includes("read") ? 700 : 0)
        while (performance.now() < end) {
          // Blocked.
        }
      })
      child.stdout.once("data", (port) => {
        resume(Effect.succeed({ child, url: `http://127.0.0.1:${String(port).trim()}/v1/metrics` }))
      })
    }),
    ({ child }) => Effect.sync(() => child.kill("SIGKILL"))
  ),
  ({ url }) => url
)

/** Services over one registry, each with telemetry of its own. */
const services = (
  { url }: Pick<Collector, "url">,
  otlp: Omit<OtlpOptions, "type">,
  shutdownTimeout: Duration.DurationInput = "2 seconds"
) => {
  const registry = MetricRegistry.make()
  const layer = Layer.provideMerge(
    Telemetry.layer({
      destinations: [{ type: "otlp", url, ...otlp }],
      registries: "own",
      interval: "1 hour",
      shutdownTimeout
    }),
    MetricsService.layer({ registry })
  )
  return Effect.gen(function* () {
    const scope = yield* Scope.make()
    const context = yield* Layer.buildWithScope(Layer.fresh(layer), scope)
    const flush = Context.get(context, Telemetry).flush
    return {
      count: (by: number) => {
        const { jobs } = Context.get(context, MetricsService)
        return MetricsService.inc(jobs.enqueued, { job_type: "digest" }, by)
      },
      flush,
      failures: Effect.map(flush, (reports) => reports.flatMap(({ failures }) => failures)),
      end: Scope.close(scope, Exit.void)
    }
  })
}

describe("the last export of one of two that export the same registry", () => {
  for (const otlp of [json, delta]) {
    it.scopedLive(`leaves the other one its connection (${"temporality" in otlp ? "delta" : "cumulative"})`, () =>
      Effect.gen(function* () {
        const made = yield* collector(ok)
        const make = services(made, otlp)
        const before = yield* make
        const after = yield* make
        yield* after.count(1)
        expect(yield* after.failures).toEqual([])
        yield* before.end
        expect(yield* after.failures).toEqual([])
        yield* after.end
      })
    )
  }

  it.scopedLive("waits for every delta that is under way, not for the one that was begun last", () =>
    Effect.gen(function* () {
      const late: Array<() => void> = []
      const taken: Array<Received> = []
      const made = yield* collector((response, request) => {
        if (made_.isHanging && request.points.length > 0) {
          late.push(() => taken.push(request))
          setTimeout(() => {
            taken.push(request)
            ok(response)
          }, 700)
        } else {
          taken.push(request)
          ok(response)
        }
      })
      const made_ = { isHanging: false }
      const make = services(made, { ...delta, timeout: "5 seconds" }, "2 seconds")
      const one = yield* make
      const other = yield* make
      yield* one.count(1)
      yield* one.flush
      made_.isHanging = true
      yield* one.count(10)
      yield* Effect.forkDaemon(one.flush)
      yield* until(Effect.sync(() => late.length > 0))
      yield* Effect.forkDaemon(other.flush)
      yield* Effect.sleep("50 millis")
      made_.isHanging = false
      yield* Effect.all([one.end, other.end], { concurrency: "unbounded" })
      yield* Effect.sleep("1 second")
      const distinct = new Map(
        taken
          .flatMap(({ points }) => points)
          .map((p) => [
            `${p.metric} ${p.startTimeUnixNano} ${p.timeUnixNano} ${JSON.stringify(p.attributes)} ${p.value}`,
            p
          ])
      )
      const counted = [...distinct.values()].filter(({ metric }) => metric === "jobs_enqueued_total")
      expect(counted.reduce((sum, { value }) => sum + value, 0)).toBe(11)
    })
  )
})

describe("a program that is over", () => {
  it.scopedLive("does not wait for a back-off of telemetry that was built before", () =>
    Effect.gen(function* () {
      const made = yield* collector((response) => response.writeHead(503).end())
      const make = services(made, { ...json, timeout: "20 seconds" }, "2 seconds")
      const one = yield* make
      const other = yield* make
      const running = yield* Effect.forkDaemon(one.flush)
      yield* until(Effect.sync(() => made.requests.length > 0))
      yield* Effect.forkDaemon(other.flush)
      const started = performance.now()
      yield* one.end
      yield* other.end
      yield* Effect.exit(running)
      yield* Effect.sleep("100 millis")
      const before = made.requests.length
      yield* Effect.sleep("3 seconds")
      expect(made.requests.length).toBe(before)
      expect(performance.now() - started).toBeLessThan(9_000)
    })
  )

  it.scopedLive("reads an answer that is there already at the deadline", () =>
    Effect.gen(function* () {
      const { layer, lines } = captureLog()
      const made = yield* elsewhere
      yield* Effect.gen(function* () {
        const one = yield* services({ url: made }, json, "300 millis")
        yield* one.end
      }).pipe(Effect.provide(layer))
      expect(lines).toEqual([expect.stringContaining("was acknowledged")])
    })
  )
})

describe("an agent that is not for the address", () => {
  it.scopedLive("is a failure that is named, not a defect", () =>
    Effect.gen(function* () {
      const { layer, lines } = captureLog()
      const made = yield* collector(ok)
      yield* Effect.gen(function* () {
        const one = yield* services(made, { ...json, timeout: "300 millis", agent: new TlsAgent() })
        expect(yield* one.failures).toEqual([expect.stringContaining("Protocol")])
        expect(yield* one.failures).toEqual([expect.stringContaining("Protocol")])
        yield* one.end
      }).pipe(Effect.provide(layer))
      expect(lines.filter((line) => line.includes("died"))).toEqual([])
    })
  )
})
