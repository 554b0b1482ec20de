/** A tracer for tests: spans as Effect's own makes them, of a tracer that is installed. */
import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import * as Effect from "effect/Effect"
import * as Tracer from "effect/Tracer"

const own = Context.unsafeGet(DefaultServices.liveServices, Tracer.Tracer)

const unsampled = "unsampled"

/** All spans are sampled but those of this name. */
export const tracer: Tracer.Tracer = Tracer.make({
  span: (...given) => {
    const span = own.span(...given)
    return given[0] === unsampled
      ? new Proxy(span, { get: (target, key) => (key === "sampled" ? false : Reflect.get(target, key, target)) })
      : span
  },
  context: (run) => run()
})

/** Runs in a span of that tracer, and says its ids. */
export const inSpan = <A, E, R>(effect: Effect.Effect<A, E, R>, isSampled = true) =>
  Effect.gen(function* () {
    const { spanId, traceId } = yield* Effect.orDie(Effect.currentSpan)
    return { result: yield* effect, span: { traceId, spanId } }
  }).pipe(Effect.withSpan(isSampled ? "sampled" : unsampled, { root: true }), Effect.withTracer(tracer))
