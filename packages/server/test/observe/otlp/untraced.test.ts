/** Requests of telemetry have no spans of their own. */
import { context, ROOT_CONTEXT, type Context, type ContextManager } from "@opentelemetry/api"
import { AlwaysOnSampler, BasicTracerProvider } from "@opentelemetry/sdk-trace-base"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Agent } from "node:http"
import { makeConnection } from "../../../src/observe/otlp/connection.ts"
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
      yield* post({ untraced: yield* loadUntraced })
      expect(recorded).toEqual([true, false])
      expect(isRecorded()).toBe(true)
    })
  )
})
