/**
 * Spans that end nothing of what they watch: a value, a link or an error that can't be read is left out or named, where
 * `@effect/opentelemetry` would throw into the effect.
 */
import * as Exit from "effect/Exit"
import type * as Tracer from "effect/Tracer"
import { attempt } from "../catalogue/attempt.ts"

const unreadable = "a value that can't be read"

/** The same span, whose methods never throw. */
export const soundSpan = (span: Tracer.Span): Tracer.Span => {
  const attribute = span.attribute.bind(span)
  const addLinks = span.addLinks.bind(span)
  const end = span.end.bind(span)
  const event = span.event.bind(span)
  return Object.assign(span, {
    attribute: (key, value) =>
      attempt(
        () => attribute(key, value),
        () => attribute(key, unreadable)
      ),
    addLinks: (links) => attempt(() => addLinks(links)),
    end: (endTime, exit) =>
      attempt(
        () => end(endTime, exit),
        () => end(endTime, Exit.fail(unreadable))
      ),
    event: (name, startTime, attributes) =>
      attempt(
        () => event(name, startTime, attributes),
        () => event(name, startTime)
      )
  } satisfies Pick<Tracer.Span, "attribute" | "addLinks" | "end" | "event">)
}
