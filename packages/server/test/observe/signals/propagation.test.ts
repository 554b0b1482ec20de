/** The headers that carry a trace on: sent unless `OTEL_PROPAGATORS` says `none`. */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClient from "@effect/platform/HttpClient"
import { describe, expect, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { propagationLayer } from "../../../src/observe/signals/propagation.ts"
import { collector, ok } from "../otlp/collector.ts"
import { signalsTo } from "./recorded.ts"

/** The trace header of a request that is made in a span, and the span's trace. */
const called = (propagators: string) =>
  Effect.scoped(
    Effect.gen(function* () {
      const { url } = yield* collector(ok)
      const callee = yield* collector(ok)
      const variables = ConfigProvider.fromMap(new Map([["OTEL_PROPAGATORS", propagators]]))
      const around = Layer.provide(signalsTo({ url }), Layer.setConfigProvider(variables))
      const traceId = yield* HttpClient.post(callee.url, { body: HttpBody.text("{}") }).pipe(
        Effect.zipRight(Effect.map(Effect.currentSpan, (span) => span.traceId)),
        Effect.withSpan("call"),
        Effect.provide(FetchHttpClient.layer),
        Effect.provide(around)
      )
      return { traceId, header: callee.requests[0]?.headers["traceparent"] }
    })
  )

describe("a request in a span", () => {
  it.live("carries the trace on", () =>
    Effect.gen(function* () {
      for (const propagators of ["", "tracecontext,baggage", "b3"]) {
        const { header, traceId } = yield* called(propagators)
        expect(String(header)).toContain(traceId)
      }
    })
  )

  it.live("does not where there are no propagators", () =>
    Effect.gen(function* () {
      expect((yield* called("none")).header).toBeUndefined()
    })
  )

  it.effect("needs no package of HTTP where nothing is traced", () =>
    Effect.gen(function* () {
      const off = Effect.withConfigProvider(ConfigProvider.fromMap(new Map([["OTEL_PROPAGATORS", "none"]])))
      expect(yield* off(propagationLayer(false))).toBe(Layer.empty)
    })
  )

  it.live("is not made where there is an unknown one", () =>
    Effect.gen(function* () {
      const exit = yield* Effect.exit(called("carrier-pigeon"))
      expect(String(exit)).toContain("OTEL_PROPAGATORS")
    })
  )
})
