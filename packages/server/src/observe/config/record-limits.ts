/** How much of a span or of a log record is kept, as variables of OpenTelemetry's specification say. */
import * as Effect from "effect/Effect"
import type { OptionsError } from "../instrument/options-error.ts"
import { type Format, variable } from "./variable.ts"

/** The limits of a log record: attributes, and characters of a text in one. */
export interface LogRecordLimits {
  readonly attributeCountLimit: number
  readonly attributeValueLengthLimit: number
}

/** The limits of a span. */
export interface SpanLimits extends LogRecordLimits {
  readonly eventCountLimit: number
  readonly linkCountLimit: number
  readonly attributePerEventCountLimit: number
  readonly attributePerLinkCountLimit: number
}

/** The variables of spans win over those of all attributes. OpenTelemetry's SDK has its own names for two of them. */
export const spanLimits: Effect.Effect<SpanLimits, OptionsError> = Effect.suspend(() =>
  Effect.all({
    ...attributeLimits("OTEL_SPAN_ATTRIBUTE"),
    eventCountLimit: limit(["OTEL_SPAN_EVENT_COUNT_LIMIT"], count, defaultCount),
    linkCountLimit: limit(["OTEL_SPAN_LINK_COUNT_LIMIT"], count, defaultCount),
    attributePerEventCountLimit: limit(
      ["OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", "OTEL_SPAN_ATTRIBUTE_PER_EVENT_COUNT_LIMIT"],
      count,
      defaultCount
    ),
    attributePerLinkCountLimit: limit(
      ["OTEL_LINK_ATTRIBUTE_COUNT_LIMIT", "OTEL_SPAN_ATTRIBUTE_PER_LINK_COUNT_LIMIT"],
      count,
      defaultCount
    )
  })
)

/** The variables of log records win over those of all attributes. */
export const logRecordLimits: Effect.Effect<LogRecordLimits, OptionsError> = Effect.suspend(() =>
  Effect.all(attributeLimits("OTEL_LOGRECORD_ATTRIBUTE"))
)

const attributeLimits = (prefix: string) => ({
  attributeCountLimit: limit([`${prefix}_COUNT_LIMIT`, "OTEL_ATTRIBUTE_COUNT_LIMIT"], count, defaultCount),
  attributeValueLengthLimit: limit(
    [`${prefix}_VALUE_LENGTH_LIMIT`, "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT"],
    length,
    Number.POSITIVE_INFINITY
  )
})

const defaultCount = 128

const limit = (names: ReadonlyArray<string>, format: Format<number>, otherwise: number) =>
  Effect.map(variable(names, format), (given) => given?.value ?? otherwise)

const count: Format<number> = {
  expected: "a whole number",
  parse: (text) => (/^\d{1,9}$/.test(text) ? Number(text) : undefined)
}

/** The SDK takes 0 for no limit. */
const length: Format<number> = {
  expected: "a whole number of at least 1",
  parse: (text) => (/^0*[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined)
}
