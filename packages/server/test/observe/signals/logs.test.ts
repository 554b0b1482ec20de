/** Effect's log lines on the wire. */
import { describe, expect, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Runtime from "effect/Runtime"
import * as Tracer from "effect/Tracer"
import { Telemetry, type TelemetryOptions } from "../../../src/observe/telemetry.ts"
import { collector, ok } from "../otlp/collector.ts"
import { plain, recordsOf, signalsTo, spansOf } from "./recorded.ts"

/** What a program logs, and its spans. */
const loggedBy = <A, E>(program: Effect.Effect<A, E>, options: TelemetryOptions = {}) =>
  Effect.scoped(
    Effect.gen(function* () {
      const { requests, url } = yield* collector(ok)
      const quiet = Logger.remove(Logger.defaultLogger)
      const all = Logger.withMinimumLogLevel(Effect.zipRight(Effect.ignore(program), Telemetry.flush), LogLevel.All)
      yield* all.pipe(Effect.provide(quiet), Effect.provide(signalsTo({ url }, options)))
      const records = recordsOf(requests).filter(
        ({ body }) => body.stringValue?.startsWith("The final export") !== true
      )
      return { records, spans: spansOf(requests) }
    })
  )

describe("a log line", () => {
  it.live("has its text, its level as OpenTelemetry numbers it, and its annotations", () =>
    Effect.gen(function* () {
      const { records } = yield* loggedBy(
        Effect.all([
          Effect.logTrace("a"),
          Effect.logDebug("b"),
          Effect.log("c"),
          Effect.logWarning("d"),
          Effect.logError("e"),
          Effect.logFatal("f")
        ]).pipe(Effect.annotateLogs({ queue: "mail" }))
      )
      const seen = records.map(({ body, severityNumber, severityText }) => [
        body.stringValue,
        severityNumber,
        severityText
      ])
      expect(seen).toEqual([
        ["a", 1, "TRACE"],
        ["b", 5, "DEBUG"],
        ["c", 9, "INFO"],
        ["d", 13, "WARN"],
        ["e", 17, "ERROR"],
        ["f", 21, "FATAL"]
      ])
      expect(records.every(({ attributes }) => plain(attributes)["queue"] === "mail")).toBe(true)
    })
  )

  it.live("belongs to the span that it is logged in, whatever its annotations are called", () =>
    Effect.gen(function* () {
      const { records, spans } = yield* loggedBy(
        Effect.log("in it").pipe(Effect.annotateLogs({ traceId: "mine", spanId: 7 }), Effect.withSpan("work"))
      )
      expect(records[0]?.traceId).toBe(spans[0]?.traceId)
      expect(records[0]?.spanId).toBe(spans[0]?.spanId)
      expect(records[0]?.flags).toBe(1)
    })
  )

  it.live("names its span in one place, and keeps annotations of the same name", () =>
    Effect.gen(function* () {
      const annotated = Effect.log("annotated").pipe(Effect.annotateLogs({ traceId: "mine", spanId: 7 }))
      const { records } = yield* loggedBy(Effect.withSpan(Effect.zipRight(Effect.log("in it"), annotated), "work"))
      const names = records.map(({ attributes }) => Object.keys(plain(attributes)).sort())
      expect(names).toEqual([["fiberId"], ["fiberId", "spanId", "traceId"]])
    })
  )

  it.live("of two spans that log in turns belongs to its own", () =>
    Effect.gen(function* () {
      const turns = Effect.all(
        ["one", "other"].map((name) =>
          Effect.withSpan(Effect.repeatN(Effect.zipRight(Effect.log(name), Effect.yieldNow()), 2), name)
        ),
        { concurrency: "unbounded" }
      )
      const { records, spans } = yield* loggedBy(turns)
      const named = new Map(spans.map(({ name, spanId }) => [spanId, name]))
      expect(records.map(({ spanId = "" }) => named.get(spanId))).toEqual(records.map(({ body }) => body.stringValue))
      expect(records.length).toBe(6)
    })
  )

  it.live("says of a span that is not sampled that it is not", () =>
    Effect.gen(function* () {
      const { records } = yield* loggedBy(Effect.withSpan(Effect.log("in it"), "work"), {
        traces: { sampler: "always_off" }
      })
      expect(records[0]?.traceId).toMatch(/^[0-9a-f]{32}$/)
      expect(records[0]?.flags ?? 0).toBe(0)
    })
  )

  it.live("belongs to no span where there is none, or one whose ids have another form", () =>
    Effect.gen(function* () {
      const odd = Tracer.externalSpan({ traceId: "not hexadecimal", spanId: "none" })
      const { records } = yield* loggedBy(
        Effect.zipRight(Effect.log("outside"), Effect.withParentSpan(Effect.log("in an odd one"), odd))
      )
      expect(records.map(({ spanId = "", traceId = "" }) => traceId + spanId)).toEqual(["", ""])
    })
  )

  it.live("belongs to its span also where its message logs something when it is read", () =>
    Effect.gen(function* () {
      const program = Effect.flatMap(Effect.runtime<never>(), (runtime) => {
        const read = () => Runtime.runSync(runtime)(Effect.as(Effect.logWarning("read"), "outer"))
        return Effect.logError({ toJSON: read })
      })
      const { records, spans } = yield* loggedBy(Effect.withSpan(program, "work"))
      expect(records.some(({ severityText }) => severityText === "WARN")).toBe(true)
      const outer = records.find(({ severityText }) => severityText === "ERROR")
      expect(outer?.spanId).toBe(spans[0]?.spanId)
      expect(outer?.severityNumber).toBe(17)
    })
  )

  it.live("has the cause that it is logged with", () =>
    Effect.gen(function* () {
      const { records } = yield* loggedBy(
        Effect.logError("it went wrong", Cause.fail(new TypeError("no such queue"))).pipe(
          Effect.zipRight(Effect.logWarning("it ended", Cause.interrupt(Effect.runSync(Effect.fiberId))))
        )
      )
      const [failed, interrupted] = records.map(({ attributes }) => plain(attributes))
      expect(failed).toMatchObject({ "exception.type": "TypeError", "exception.message": "no such queue" })
      expect(failed?.["exception.stacktrace"]).toContain("TypeError: no such queue")
      expect(interrupted?.["exception.stacktrace"]).toContain("interrupt")
    })
  )

  it.live("is kept as far as the variables of limits say", () =>
    Effect.gen(function* () {
      const variables = new Map([["OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT", "3"]])
      const { records } = yield* loggedBy(Effect.annotateLogs(Effect.log("limited"), { queue: "abcdef" })).pipe(
        Effect.withConfigProvider(ConfigProvider.fromMap(variables))
      )
      expect(plain(records[0]?.attributes ?? [])["queue"]).toBe("abc")
    })
  )

  it.live("goes to the program's own loggers too", () =>
    Effect.gen(function* () {
      const lines: Array<unknown> = []
      const own = Logger.add(Logger.make(({ message }) => lines.push(message)))
      const { records } = yield* loggedBy(Effect.provide(Effect.log("both"), own))
      expect(records).toHaveLength(1)
      expect(lines.flat()).toEqual(["both"])
    })
  )
})
