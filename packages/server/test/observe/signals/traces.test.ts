/** Effect's spans on the wire. */
import { describe, expect, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Tracer from "effect/Tracer"
import { Telemetry, type TelemetryOptions } from "../../../src/observe/telemetry.ts"
import { collector, ok } from "../otlp/collector.ts"
import { plain, signalsTo, spansOf } from "./recorded.ts"

/** The spans that a program makes, by name. */
const spansFrom = <A, E>(program: Effect.Effect<A, E>, options: TelemetryOptions = {}) =>
  Effect.scoped(
    Effect.gen(function* () {
      const { requests, url } = yield* collector(ok)
      yield* Effect.provide(Effect.zipRight(Effect.ignore(program), Telemetry.flush), signalsTo({ url }, options))
      return new Map(spansOf(requests).map((span) => [span.name, span]))
    })
  )

const outside = { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331" }

describe("a span", () => {
  it.live("has its parent, its kind, its attributes and its times", () =>
    Effect.gen(function* () {
      const spans = yield* spansFrom(
        Effect.succeed(1).pipe(
          Effect.delay("5 millis"),
          Effect.withSpan("inner", { kind: "client", attributes: { queue: "mail", tries: 2, urgent: true } }),
          Effect.withSpan("outer")
        )
      )
      const [inner, outer] = [spans.get("inner"), spans.get("outer")]
      expect(inner?.parentSpanId).toBe(outer?.spanId)
      expect(inner?.traceId).toBe(outer?.traceId)
      expect(outer?.parentSpanId ?? "").toBe("")
      expect(inner?.kind).toBe(3)
      expect(plain(inner?.attributes ?? [])).toMatchObject({ queue: "mail", tries: 2, urgent: true })
      const nanos = BigInt(inner?.endTimeUnixNano ?? 0) - BigInt(inner?.startTimeUnixNano ?? 0)
      expect(nanos).toBeGreaterThanOrEqual(4_000_000n)
      expect(nanos).toBeLessThan(5_000_000_000n)
    })
  )

  it.live("has its events, and its links as far as their ids have the form that receivers take", () =>
    Effect.gen(function* () {
      const link = (ids: { readonly traceId: string; readonly spanId: string }) => ({
        _tag: "SpanLink" as const,
        span: Tracer.externalSpan(ids),
        attributes: {}
      })
      const program = Effect.currentSpan.pipe(
        Effect.tap((span) => Effect.sync(() => span.event("took it", 1n, { job: "a" }))),
        Effect.withSpan("linked", { links: [link(outside), link({ traceId: "not hexadecimal", spanId: "" })] })
      )
      const linked = (yield* spansFrom(program)).get("linked")
      expect(linked?.events.map(({ attributes, name }) => [name, plain(attributes)])).toEqual([
        ["took it", { job: "a" }]
      ])
      expect(linked?.links.map(({ spanId, traceId }) => ({ traceId, spanId }))).toEqual([outside])
    })
  )

  it.live("has the error that it failed with, and none where it was interrupted", () =>
    Effect.gen(function* () {
      const spans = yield* spansFrom(
        Effect.all(
          [
            Effect.withSpan(Effect.fail(new Error("no room")), "failed"),
            Effect.withSpan(Effect.interrupt, "interrupted")
          ],
          { mode: "either", concurrency: "unbounded" }
        ).pipe(Effect.exit)
      )
      expect(spans.get("failed")?.status).toMatchObject({ code: 2, message: "no room" })
      expect(spans.get("failed")?.events[0]?.name).toBe("exception")
      expect(spans.get("interrupted")?.status.code).toBe(1)
    })
  )

  it.live("is recorded as its parent from outside was, or was not", () =>
    Effect.gen(function* () {
      const under = (name: string, sampled: boolean) =>
        Effect.void.pipe(Effect.withSpan(name, { parent: Tracer.externalSpan({ ...outside, sampled }) }))
      const spans = yield* spansFrom(Effect.zipRight(under("sampled", true), under("not sampled", false)))
      expect([...spans.keys()]).toEqual(["sampled"])
      expect(spans.get("sampled")?.traceId).toBe(outside.traceId)
      expect(spans.get("sampled")?.parentSpanId).toBe(outside.spanId)
    })
  )

  it.live("begins a trace of its own where its parent's ids have another form", () =>
    Effect.gen(function* () {
      const parent = Tracer.externalSpan({ traceId: "no id", spanId: "none" })
      const span = (yield* spansFrom(Effect.withSpan(Effect.void, "orphan", { parent }))).get("orphan")
      expect(span?.traceId).toMatch(/^[0-9a-f]{32}$/)
      expect(span?.parentSpanId ?? "").toBe("")
    })
  )

  it.live("is kept as far as the variables of limits say", () =>
    Effect.gen(function* () {
      const variables = new Map([
        ["OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "3"],
        ["OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "1"],
        ["OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", "1"]
      ])
      const program = Effect.currentSpan.pipe(
        Effect.tap((span) => Effect.sync(() => span.event("event", 1n, { first: 1, second: 2 }))),
        Effect.withSpan("limited", { attributes: { first: "abcdef", second: 2 }, captureStackTrace: false })
      )
      const limits = Effect.withConfigProvider(ConfigProvider.fromMap(variables))
      const limited = (yield* limits(spansFrom(program))).get("limited")
      expect(plain(limited?.attributes ?? [])).toEqual({ first: "abc" })
      expect(limited?.events.map(({ attributes }) => plain(attributes))).toEqual([{ first: 1 }])
    })
  )

  it.live("knows whether it is recorded", () =>
    Effect.gen(function* () {
      const seen: Array<boolean> = []
      const note = Effect.tap(Effect.currentSpan, ({ sampled }) => Effect.sync(() => seen.push(sampled)))
      yield* spansFrom(Effect.withSpan(note, "a"))
      yield* spansFrom(Effect.withSpan(note, "a"), { traces: { sampler: "always_off" } })
      expect(seen).toEqual([true, false])
    })
  )
})

describe("samplers", () => {
  const names = (options: TelemetryOptions) =>
    Effect.map(
      spansFrom(
        Effect.forEach(
          Array.from({ length: 400 }, (_, index) => `span ${index}`),
          (name) => Effect.withSpan(Effect.void, name),
          { discard: true }
        ),
        options
      ),
      ({ size }) => size
    )

  it.live("pick all, none or a part of the traces", () =>
    Effect.gen(function* () {
      expect(yield* names({ traces: { sampler: "always_on" } })).toBe(400)
      expect(yield* names({ traces: { sampler: "always_off" } })).toBe(0)
      expect(yield* names({ traces: { sampler: "parentbased_always_off" } })).toBe(0)
      const part = yield* names({ traces: { sampler: "traceidratio", samplerRatio: 0.5 } })
      expect(part).toBeGreaterThan(120)
      expect(part).toBeLessThan(280)
      expect(yield* names({ traces: { sampler: "parentbased_traceidratio", samplerRatio: 0 } })).toBe(0)
    })
  )
})
