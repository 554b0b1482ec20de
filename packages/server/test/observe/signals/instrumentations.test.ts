/** Effect's spans and those of OpenTelemetry's instrumentations are parents of each other, in one trace. */
import { type Context, context, type ContextManager, ROOT_CONTEXT, type Span, trace } from "@opentelemetry/api"
import { BasicTracerProvider } from "@opentelemetry/sdk-trace-base"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { AsyncLocalStorage } from "node:async_hooks"
import { Telemetry } from "../../../src/observe/telemetry.ts"
import { collector, ok } from "../otlp/collector.ts"
import { signalsTo, spansOf } from "./recorded.ts"

/** As the one of `@opentelemetry/context-async-hooks`, for as long as the scope is open. */
const contextManager = Effect.acquireRelease(
  Effect.sync(() => {
    const storage = new AsyncLocalStorage<Context>()
    const manager: ContextManager = {
      active: () => storage.getStore() ?? ROOT_CONTEXT,
      with: (active, run, ...[self, ...args]) => storage.run(active, () => Reflect.apply(run, self, args)),
      bind: (_active, target) => target,
      enable: () => manager,
      disable: () => manager
    }
    context.setGlobalContextManager(manager)
  }),
  () => Effect.sync(() => context.disable())
)

/** A tracer of somebody else's. */
const theirs = new BasicTracerProvider().getTracer("an instrumentation")

const parentOf = (span: Span): string | undefined =>
  "parentSpanContext" in span ? Object(span.parentSpanContext).spanId : undefined

describe("a span", () => {
  it.live("has the instrumentation's span around it as its parent, and is that of one within it", () =>
    Effect.scoped(
      Effect.gen(function* () {
        yield* contextManager
        const { requests, url } = yield* collector(ok)
        const outer = theirs.startSpan("outer")
        let inner: Span | undefined
        const program = Effect.sync(() => (inner = theirs.startSpan("inner"))).pipe(
          Effect.withSpan("ours"),
          Effect.zipLeft(Telemetry.flush),
          Effect.provide(signalsTo({ url }))
        )
        yield* Effect.promise(() => context.with(trace.setSpan(ROOT_CONTEXT, outer), () => Effect.runPromise(program)))
        const [ours] = spansOf(requests)
        expect(ours?.parentSpanId).toBe(outer.spanContext().spanId)
        expect(ours?.traceId).toBe(outer.spanContext().traceId)
        expect(inner === undefined ? undefined : parentOf(inner)).toBe(ours?.spanId)
      })
    )
  )
})
