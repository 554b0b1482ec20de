/** A tracer that keeps its spans, and what their links say. */
import { expect } from "@effect/vitest"
import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import * as Layer from "effect/Layer"
import * as Tracer from "effect/Tracer"

const own = Context.unsafeGet(DefaultServices.liveServices, Tracer.Tracer)

export const recording = ({ sampled = true }: { readonly sampled?: boolean } = {}) => {
  const spans: Array<Tracer.Span> = []
  const tracer = Tracer.make({
    span: (...given) => {
      const span = Object.assign(own.span(...given), { sampled })
      spans.push(span)
      return span
    },
    context: (run) => run()
  })
  const named = (name: string): ReadonlyArray<Tracer.Span> => spans.filter((span) => span.name === name)
  /** The links of each span of a name: what they say that they lead to, and the number of that span by its name. */
  const linked = (name: string): ReadonlyArray<ReadonlyArray<string>> =>
    named(name).map(({ links }) => links.map(({ attributes, span }) => `${attributes["job.link"]}: ${nameOf(span)}`))
  const nameOf = ({ spanId, traceId }: Tracer.AnySpan): string => {
    const found = spans.find((span) => span.spanId === spanId && span.traceId === traceId)
    return found === undefined ? "nothing" : `${found.name} ${named(found.name).indexOf(found) + 1}`
  }
  /** That each link leads to a span which has ended and was not made up. */
  const expectNoneDangling = (): void => {
    const ended = new Set(spans.filter(({ status }) => status._tag === "Ended").map(({ spanId }) => spanId))
    expect(spans.flatMap(({ links }) => links.filter(({ span }) => !ended.has(span.spanId)))).toEqual([])
  }
  return { spans, named, linked, expectNoneDangling, tracer, layer: Layer.setTracer(tracer) }
}
