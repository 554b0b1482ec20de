/** What can't be read ends neither the effect that it is recorded of nor the export of anything else. */
import { describe, expect, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Logger from "effect/Logger"
import * as Tracer from "effect/Tracer"
import { Telemetry } from "../../../src/observe/telemetry.ts"
import { collector, ok } from "../otlp/collector.ts"
import { recordsOf, signalsTo, spansOf } from "./recorded.ts"

const thrower = (): never => {
  throw new Error("can't be read")
}

const hostile: Readonly<Record<string, () => unknown>> = {
  "an object whose texts throw": () => ({ toJSON: thrower, toString: thrower }),
  "a getter that throws": () => Object.defineProperty({}, "message", { get: thrower, enumerable: true }),
  "a proxy whose traps throw": () => new Proxy({}, { get: thrower, ownKeys: thrower }),
  "an error whose message throws": () => Object.defineProperty(new Error("x"), "message", { get: thrower }),
  "an error whose stack throws": () => Object.defineProperty(new Error("x"), "stack", { get: thrower }),
  "no prototype": () => Object.assign(Object.create(null), { toJSON: thrower }),
  "a symbol": () => Symbol("s"),
  "a circle": () => {
    const circle: Record<string, unknown> = {}
    circle["self"] = circle
    return circle
  }
}

const link = {
  _tag: "SpanLink",
  span: Tracer.externalSpan({ traceId: "a".repeat(32), spanId: "b".repeat(16) })
} as const

/** Everything that a program can give to its spans and lines. */
const partsOf = (value: unknown): Readonly<Record<string, Effect.Effect<unknown, unknown>>> => ({
  attribute: Effect.withSpan(Effect.annotateCurrentSpan("given", value), "attribute"),
  "attribute at the start": Effect.withSpan(Effect.void, "attribute at the start", { attributes: { given: value } }),
  event: Effect.currentSpan.pipe(
    Effect.tap((span) => Effect.sync(() => span.event("given", 1n, { given: value }))),
    Effect.withSpan("event")
  ),
  link: Effect.withSpan(Effect.void, "link", { links: [{ ...link, attributes: { given: value } }] }),
  "link later": Effect.withSpan(Effect.linkSpanCurrent(link.span, { given: value }), "link later"),
  failure: Effect.withSpan(Effect.fail(value), "failure"),
  defect: Effect.withSpan(Effect.die(value), "defect"),
  line: Effect.log(value),
  cause: Effect.logError("with a cause", Cause.fail(value)),
  annotation: Effect.annotateLogs(Effect.log("annotated"), { given: value })
})

/** How each part ends. */
const endsOf = (value: unknown) =>
  Effect.forEach(Object.entries(partsOf(value)), ([name, part]) =>
    Effect.map(Effect.exit(part), (exit) => [name, Exit.isSuccess(exit) ? "success" : exit.cause._tag] as const)
  ).pipe(Effect.provide(Logger.remove(Logger.defaultLogger)))

describe("spans and lines", () => {
  for (const [what, make] of Object.entries(hostile)) {
    it.live(`of ${what} end as they do without telemetry, and arrive`, () =>
      Effect.scoped(
        Effect.gen(function* () {
          const { requests, url } = yield* collector(ok)
          const without = yield* endsOf(make())
          const watched = yield* endsOf(make()).pipe(
            Effect.zipLeft(Effect.withSpan(Effect.log("after"), "after")),
            Effect.zipLeft(Telemetry.flush),
            Effect.provide(signalsTo({ url }))
          )
          expect(watched).toEqual(without)
          const names = Object.keys(partsOf(make())).filter((name) => !["line", "cause", "annotation"].includes(name))
          expect(spansOf(requests).map(({ name }) => name)).toEqual([...names, "after"])
          expect(recordsOf(requests).map(({ body }) => body.stringValue)).toContain("after")
        })
      )
    )
  }
})
