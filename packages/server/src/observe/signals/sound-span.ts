/**
 * Spans that end nothing of what they watch: a value, a link or an error that can't be read is left out or named, where
 * `@effect/opentelemetry` would throw into the effect.
 */
import * as Exit from "effect/Exit"
import type * as Tracer from "effect/Tracer"
import { attempt } from "../catalogue/attempt.ts"

const unreadable = "a value that can't be read"

type Methods = Pick<Tracer.Span, "attribute" | "addLinks" | "end" | "event">

/**
 * Makes spans of one class sound: the same span, whose methods never throw. All spans have the same functions, made for
 * the first of them, as one is made for every effect that is traced, and is kept until it is exported.
 */
export const makeSoundSpan = (): ((span: Tracer.Span) => Tracer.Span) => {
  let sound: Methods | undefined
  return (span) => Object.assign(span, (sound ??= soundMethods(span)))
}

const soundMethods = ({ addLinks, attribute, end, event }: Methods): Methods => ({
  attribute(this: Tracer.Span, key, value) {
    attempt(
      () => attribute.call(this, key, value),
      () => attribute.call(this, key, unreadable)
    )
  },
  addLinks(this: Tracer.Span, links) {
    attempt(() => addLinks.call(this, links))
  },
  end(this: Tracer.Span, endTime, exit) {
    attempt(
      () => end.call(this, endTime, exit),
      () => end.call(this, endTime, Exit.fail(unreadable))
    )
  },
  event(this: Tracer.Span, ...given) {
    const [name, startTime] = given
    attempt(
      () => event.apply(this, given),
      () => event.call(this, name, startTime)
    )
  }
})
