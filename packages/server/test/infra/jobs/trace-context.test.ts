/** Spans in the tables, and back; and what the tracer of `@effect/opentelemetry` makes of them. */
import * as OtelTracer from "@effect/opentelemetry/Tracer"
import { describe, expect, it } from "@effect/vitest"
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Tracer from "effect/Tracer"
import { Job, JobService } from "../../../src/infra/jobs.ts"
import { spanFrom, traceContextOn, traceparentOf } from "../../../src/infra/jobs/trace-context.ts"
import { onBoth, world } from "./world.ts"

const ids = { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331" }

const written = Effect.sync(() => traceContextOn(Option.getOrUndefined(Fiber.getCurrentFiber())))

describe("a span", () => {
  it("is the same after it was written", () => {
    const hex = (length: number) =>
      FastCheck.string({ unit: FastCheck.constantFrom(..."0123456789abcdef"), minLength: length, maxLength: length })
    FastCheck.assert(
      FastCheck.property(hex(32), hex(16), FastCheck.boolean(), (traceId, spanId, sampled) => {
        const traceparent = traceparentOf(Tracer.externalSpan({ traceId, spanId, sampled }))
        expect(spanFrom({ traceparent })).toMatchObject({ traceId, spanId, sampled })
      })
    )
  })

  it("is read of no text that is none", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.string({ unit: FastCheck.constantFrom(..."0aF-g\u0000é") }), (traceparent) => {
        expect(spanFrom({ traceparent, tracestate: traceparent })).toBeUndefined()
      })
    )
  })

  it.effect("has the trace state of the nearest one above it", () =>
    Effect.gen(function* () {
      const parent = OtelTracer.makeExternalSpan({ ...ids, traceFlags: 1, traceState: "a=1,b=2" })
      const { traceparent, tracestate } = yield* written.pipe(
        Effect.withSpan("inner"),
        Effect.withSpan("outer", { parent })
      )
      expect(tracestate).toBe("a=1,b=2")
      const read = spanFrom({ traceparent, tracestate })
      expect(read?.traceId).toBe(ids.traceId)
      const state = Context.getOption(read?.context ?? Context.empty(), OtelTracer.OtelTraceState)
      expect(Option.map(state, (found) => found.serialize())).toEqual(Option.some("a=1,b=2"))
    })
  )

  it.effect("has none where it can't be read, or is none", () =>
    Effect.gen(function* () {
      const states = [
        { serialize: () => "=" },
        {
          serialize: () => {
            throw new Error("no")
          }
        }
      ]
      for (const state of states) {
        const context = Context.unsafeMake<never>(new Map([[OtelTracer.OtelTraceState.key, state]]))
        const parent = Tracer.externalSpan({ ...ids, context })
        expect(yield* Effect.withParentSpan(written, parent)).toEqual({
          traceparent: `00-${ids.traceId}-${ids.spanId}-01`,
          tracestate: undefined
        })
      }
    })
  )
})

const Mail = Job.make({ type: "mail", payload: Schema.Number, success: Schema.Void, error: Schema.Never })

/** The tracer of the SDK, and the spans that it exports. */
const otel = () => {
  const exporter = new InMemorySpanExporter()
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
  const tracer = Layer.succeed(OtelTracer.OtelTracer, provider.getTracer("test"))
  return { exporter, layer: Layer.provide(OtelTracer.layerWithoutOtelTracer, tracer) }
}

onBoth("trace context", {
  "travels with its state: to links, children and handlers": (database) =>
    Effect.forEach(
      ["link", "parent"] as const,
      (trace) => {
        const seen: Array<unknown> = []
        const handler = Mail.toLayer((_, { tracestate }) => Effect.sync(() => seen.push(tracestate)))
        const { exporter, layer } = otel()
        const live = world(handler, { trace, tablePrefix: `${trace}_` }, database).pipe(Layer.provideMerge(layer))
        return Effect.gen(function* () {
          const jobs = yield* JobService
          const above = OtelTracer.makeExternalSpan({ ...ids, traceFlags: 1, traceState: "a=1,b=2" })
          const id = yield* Effect.withParentSpan(jobs.submit(Mail, 1), above)
          yield* jobs.awaitResult(Mail, id)
          expect(seen).toEqual(["a=1,b=2"])
          const [attempt] = exporter.getFinishedSpans().filter(({ name }) => name === "process mail")
          const state = (trace === "link" ? attempt?.links[0]?.context : attempt?.spanContext())?.traceState
          expect(state?.serialize()).toBe("a=1,b=2")
        }).pipe(Effect.provide(live))
      },
      { discard: true }
    ),

  "says of an unsampled submit that it was not sampled": (database) => {
    const { exporter, layer } = otel()
    const handler = Mail.toLayer(() => Effect.void)
    return Effect.gen(function* () {
      const jobs = yield* JobService
      const above = OtelTracer.makeExternalSpan({ ...ids, traceFlags: 0 })
      yield* jobs.awaitResult(Mail, yield* Effect.withParentSpan(jobs.submit(Mail, 1), above))
      const spans = exporter.getFinishedSpans().filter(({ name }) => name.endsWith("mail"))
      expect(spans.map(({ name }) => name)).toEqual(["process mail"])
      expect(spans[0]?.links[0]?.context.traceFlags).toBe(0)
    }).pipe(Effect.provide(world(handler, {}, database).pipe(Layer.provideMerge(layer))))
  }
})
