/** The limits of spans and log records: each variable, the general ones, and what a malformed one says. */
import { describe, expect, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import { logRecordLimits, spanLimits } from "../../../src/observe/config/record-limits.ts"

const withVariables = (variables: Record<string, string>) =>
  Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(variables))))

const none = Number.POSITIVE_INFINITY

describe("the limits of spans and log records", () => {
  it.effect("are those of the specification when nothing is set", () =>
    Effect.gen(function* () {
      const attributes = { attributeCountLimit: 128, attributeValueLengthLimit: none }
      expect(yield* withVariables({})(logRecordLimits)).toEqual(attributes)
      expect(yield* withVariables({})(spanLimits)).toEqual({
        ...attributes,
        eventCountLimit: 128,
        linkCountLimit: 128,
        attributePerEventCountLimit: 128,
        attributePerLinkCountLimit: 128
      })
    })
  )

  it.effect("come from the variables of the signal, then from those of all attributes", () =>
    Effect.gen(function* () {
      const variables = withVariables({
        OTEL_ATTRIBUTE_COUNT_LIMIT: "10",
        OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: "20",
        OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: "1",
        OTEL_SPAN_EVENT_COUNT_LIMIT: "0",
        OTEL_SPAN_LINK_COUNT_LIMIT: "3",
        OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT: "4",
        OTEL_LINK_ATTRIBUTE_COUNT_LIMIT: "5",
        OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT: "6"
      })
      expect(yield* variables(logRecordLimits)).toEqual({ attributeCountLimit: 10, attributeValueLengthLimit: 6 })
      expect(yield* variables(spanLimits)).toEqual({
        attributeCountLimit: 1,
        attributeValueLengthLimit: 20,
        eventCountLimit: 0,
        linkCountLimit: 3,
        attributePerEventCountLimit: 4,
        attributePerLinkCountLimit: 5
      })
    })
  )

  for (const [name, value] of [
    ["OTEL_ATTRIBUTE_COUNT_LIMIT", "many"],
    ["OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "0"],
    ["OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "1k"],
    ["OTEL_SPAN_EVENT_COUNT_LIMIT", "-1"],
    ["OTEL_SPAN_LINK_COUNT_LIMIT", "1.5"],
    ["OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", "NaN"],
    ["OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT", "Infinity"]
  ] as const) {
    it.effect(`refuse ${name}=${value}`, () =>
      Effect.gen(function* () {
        const { message } = yield* withVariables({ [name]: value })(
          Effect.flip(Effect.all([spanLimits, logRecordLimits]))
        )
        expect(message).toContain(name)
        expect(message).toContain(value)
      })
    )
  }
})
