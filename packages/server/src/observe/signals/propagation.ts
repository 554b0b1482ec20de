/**
 * Which headers carry a trace to the servers that are called. Effect's HTTP client sends those of W3C and of B3, and
 * Effect's HTTP server reads both: `OTEL_PROPAGATORS` has a place in Effect only where it is `none`.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { someOf } from "../config/format.ts"
import { loadPeer, unavailable } from "../config/peer.ts"
import type { TelemetryPeerMissing } from "../config/peer-missing.ts"
import { variable } from "../config/variable.ts"
import type { OptionsError } from "../instrument/options-error.ts"

const known = someOf("tracecontext", "baggage", "b3", "b3multi", "jaeger", "xray", "ottrace")

/** Turns the headers off where the variable says `none`. It is checked also where nothing is traced. */
export const propagationLayer = (
  isTraced: boolean
): Effect.Effect<Layer.Layer<never>, OptionsError | TelemetryPeerMissing> =>
  Effect.gen(function* () {
    const named = yield* variable(["OTEL_PROPAGATORS"], known)
    if (named?.value.length !== 0 || !isTraced) {
      return Layer.empty
    }
    const HttpClient = yield* loadPeer("@effect/platform", "OTEL_PROPAGATORS=none", () =>
      import("@effect/platform/HttpClient").catch(unavailable)
    )
    return Layer.scopedDiscard(Effect.locallyScoped(HttpClient.currentTracerPropagation, false))
  })
