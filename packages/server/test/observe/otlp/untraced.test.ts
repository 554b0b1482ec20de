/** Requests of telemetry have no spans of their own. */
import { context, ROOT_CONTEXT, type Context, type ContextManager } from "@opentelemetry/api"
import { AlwaysOnSampler, BasicTracerProvider } from "@opentelemetry/sdk-trace-base"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { AsyncLocalStorage } from "node:async_hooks"
import { Agent } from "node:http"
import { makeConnection } from "../../../src/observe/otlp/connection.ts"
import { MetricsService } from "../../../src/observe/metrics.ts"
import { Telemetry } from "../../../src/observe/telemetry.ts"
import { collector, ok } from "./collector.ts"
import { loadUntraced, type Untraced } from "../../../src/observe/otlp/untraced.ts"

/** A context manager for what runs at once. */
const makeContextManager = (): ContextManager => {
  let active: Context = ROOT_CONTEXT
  const manager: ContextManager = {
    active: () => active,
    with: (...[given, run, self, ...args]) => {
      const before = active
      active = given
      try {
        return run.call(self ?? undefined, ...args)
      } finally {
        active = before
      }
    },
    bind: (_, target) => target,
    enable: () => manager,
    disable: () => manager
  }
  return manager
}

const contextManager = Effect.acquireRelease(
  Effect.sync(() => context.setGlobalContextManager(makeContextManager())),
  () => Effect.sync(() => context.disable())
)

describe("a request of telemetry", () => {
  it.scopedLive("has no span of an instrumentation, and leaves no trace of that behind", () =>
    Effect.gen(function* () {
      expect(yield* contextManager).toBe(true)
      const tracer = new BasicTracerProvider({ sampler: new AlwaysOnSampler() }).getTracer("instrumentation")
      const isRecorded = (): boolean => tracer.startSpan("POST").isRecording()
      const recorded: Array<boolean> = []
      const agent = Object.assign(new Agent(), {
        addRequest: () => {
          recorded.push(isRecorded())
          throw new Error("no connection")
        }
      })
      const settings = { url: new URL("http://127.0.0.1:1/"), headers: {}, tls: {}, agent }
      const body = { bytes: Buffer.from("{}"), headers: {} }
      const post = (more: { readonly untraced?: Untraced }) =>
        Effect.flip(makeConnection({ ...settings, ...more }).post(body, 1_000))
      yield* post({})
      yield* post({ untraced: yield* loadUntraced("OTLP") })
      expect(recorded).toEqual([true, false])
      expect(isRecorded()).toBe(true)
    })
  )

  it.scopedLive("leaves what comes after it traced, where the context goes on with what it starts", () =>
    Effect.gen(function* () {
      const storage = new AsyncLocalStorage<Context>()
      const manager: ContextManager = {
        ...makeContextManager(),
        active: () => storage.getStore() ?? ROOT_CONTEXT,
        with: (...[given, run, self, ...args]) => storage.run(given, () => run.call(self ?? undefined, ...args))
      }
      context.setGlobalContextManager(manager)
      yield* Effect.addFinalizer(() => Effect.sync(() => context.disable()))
      const { url } = yield* collector(ok)
      const untraced = yield* loadUntraced("OTLP")
      const connection = makeConnection({ url: new URL(url), headers: {}, tls: {}, agent: undefined, untraced })
      yield* connection.post({ bytes: Buffer.from("{}"), headers: {} }, 1_000)
      const tracer = new BasicTracerProvider({ sampler: new AlwaysOnSampler() }).getTracer("instrumentation")
      expect(tracer.startSpan("GET").isRecording()).toBe(true)
      connection.close("the test is over")
    })
  )

  it.scopedLive("has none for any signal", () =>
    Effect.gen(function* () {
      yield* contextManager
      const { requests, url } = yield* collector(ok)
      const active: Array<Context> = []
      class Watched extends Agent {
        addRequest(...given: ReadonlyArray<unknown>): void {
          active.push(context.active())
          Reflect.apply(Reflect.get(Agent.prototype, "addRequest"), this, given)
        }
      }
      const target = { protocol: "http/json", url, agent: new Watched() } as const
      const signal = { ...target, exporter: "otlp" } as const
      const telemetry = Telemetry.layer({ destinations: [{ ...target, type: "otlp" }], traces: signal, logs: signal })
      yield* Effect.withSpan(Effect.log("a line"), "a span").pipe(
        Effect.provide(telemetry),
        Effect.provide(MetricsService.layer({ registry: "own" }))
      )
      expect(requests.length).toBeGreaterThanOrEqual(3)
      expect(active.length).toBeGreaterThanOrEqual(3)
      const tracer = new BasicTracerProvider().getTracer("instrumentation")
      expect(active.filter((one) => tracer.startSpan("POST", {}, one).isRecording())).toEqual([])
    })
  )
})
