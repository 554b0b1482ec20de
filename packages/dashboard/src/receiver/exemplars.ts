/**
 * Reads the exemplars of a point: measured values, each with its time and the span it was measured in. What is wrong with
 * one is a violation and never rejects a request, because a point is right without them.
 */
import { attributesOf, isPresent, noAttributes } from "./attributes.ts"
import { canonicalJson } from "./canonical-json.ts"
import { hexOf, idBytes, idLength, isZero } from "./ids.ts"
import type { Attributes, Exemplar } from "./model.ts"
import { type ExemplarMessage, toBigInt, toNumber } from "./otlp-schema.ts"

/** The exemplars that can be used, and what is wrong with others or with parts of these. */
export interface ReadExemplars {
  readonly exemplars: ReadonlyArray<Exemplar>
  /** One text for all of them: a point can have a million. */
  readonly problem: string | undefined
}

/** The longest attributes of an exemplar, as JSON; OpenMetrics allows 128 characters. */
const maxAttributes = 4_096

export const readExemplars = (messages: ReadonlyArray<ExemplarMessage>): ReadExemplars => {
  const exemplars: Array<Exemplar> = []
  const problems = { count: 0, first: "" }
  const note = (problem: string) => {
    problems.first = problems.count === 0 ? problem : problems.first
    problems.count += 1
  }
  for (const message of messages) {
    const exemplar = readExemplar(message, note)
    if (exemplar !== undefined) {
      exemplars.push(exemplar)
    }
  }
  const { count, first } = problems
  const problem = count > 1 ? `an exemplar ${first}; ${count - 1} more problems` : `an exemplar ${first}`
  return { exemplars, problem: count === 0 ? undefined : problem }
}

type Note = (problem: string) => void

const readExemplar = (message: ExemplarMessage, note: Note): Exemplar | undefined => {
  const value = isPresent(message.asDouble)
    ? message.asDouble
    : isPresent(message.asInt)
      ? toNumber(message.asInt)
      : null
  const timeUnixNano = toBigInt(message.timeUnixNano)
  if (value === null) {
    note("has no value")
    return undefined
  }
  if (!Number.isFinite(value)) {
    note(`has the value ${value}`)
    return undefined
  }
  if (timeUnixNano === 0n) {
    note("has no time")
    return undefined
  }
  const filteredAttributes = readAttributes(message, note)
  return { value, timeUnixNano, ...readIds(message, note), filteredAttributes }
}

/** Both ids in hex, or none: one alone names no span, and what is measured outside of a span has neither. */
const readIds = (message: ExemplarMessage, note: Note): Pick<Exemplar, "spanId" | "traceId"> => {
  const [trace, span] = [idBytes(message.traceId), idBytes(message.spanId)]
  if (trace.length === 0 && span.length === 0) {
    return {}
  }
  if (trace.length !== idLength.trace || span.length !== idLength.span) {
    note(`has a trace id of ${trace.length} bytes and a span id of ${span.length}, expected 16 and 8`)
    return {}
  }
  if (isZero(trace) || isZero(span)) {
    note(`has a ${isZero(trace) ? "trace" : "span"} id of zeros`)
    return {}
  }
  return { traceId: hexOf(trace), spanId: hexOf(span) }
}

const readAttributes = (message: ExemplarMessage, note: Note): Attributes => {
  const attributes = attributesOf(message.filteredAttributes)
  if (typeof attributes === "string") {
    note(`has attributes that are left out: ${attributes}`)
    return noAttributes
  }
  const { length } = canonicalJson(attributes)
  if (length > maxAttributes) {
    note(`has attributes of ${length} characters as JSON, which are left out; expected at most ${maxAttributes}`)
    return noAttributes
  }
  return attributes
}
