/** Runs in a span of a tracer that is installed. */
import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import * as Effect from "effect/Effect"
import * as Tracer from "effect/Tracer"

const own = Context.unsafeGet(DefaultServices.liveServices, Tracer.Tracer)

/** A tracer whose spans go nowhere, as a program may have installed it. */
export const tracerOf = (sampled: boolean): Tracer.Tracer =>
  Tracer.make({ span: (...given) => Object.assign(own.span(...given), { sampled }), context: (run) => run() })

/** Runs in a span of that tracer, and says its ids. */
export const inSpan = <A, E, R>(effect: Effect.Effect<A, E, R>, isSampled = true) =>
  Effect.gen(function* () {
    const { spanId, traceId } = yield* Effect.orDie(Effect.currentSpan)
    return { result: yield* effect, span: { traceId, spanId } }
  }).pipe(Effect.withSpan("test", { root: true }), Effect.withTracer(tracerOf(isSampled)))
