/** A tracer for tests: spans of Effect's own, which somebody has installed. */
import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import * as Effect from "effect/Effect"
import * as Tracer from "effect/Tracer"

const own = Context.unsafeGet(DefaultServices.liveServices, Tracer.Tracer)

/** Spans are sampled unless their attributes say `sampled: false`. */
export const tracer: Tracer.Tracer = Tracer.make({
  span: (...given) => {
    const span = own.span(...given)
    return new Proxy(span, {
      get: (target, key) =>
        key === "sampled" ? span.attributes.get("sampled") !== false : Reflect.get(target, key, target)
    })
  },
  context: (run) => run()
})

/** Runs in a span of that tracer, and says its ids. */
export const inSpan = <A, E, R>(effect: Effect.Effect<A, E, R>, isSampled = true) =>
  Effect.gen(function* () {
    const { spanId, traceId } = yield* Effect.orDie(Effect.currentSpan)
    return { result: yield* effect, span: { traceId, spanId } }
  }).pipe(Effect.withSpan("test", { root: true }), Effect.withTracer(tracer), (run) =>
    isSampled ? run : Effect.annotateSpans(run, "sampled", false)
  )
