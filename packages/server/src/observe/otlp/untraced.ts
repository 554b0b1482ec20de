/**
 * Requests of telemetry have no spans of their own: OpenTelemetry's instrumentation of HTTP would make one for each, which
 * is exported by the next, and so on.
 */
import * as Effect from "effect/Effect"
import { loadPeer, type PeerUse, unavailable } from "../config/peer.ts"
import type { TelemetryPeerMissing } from "../config/peer-missing.ts"

/** Makes a request that no instrumentation traces. */
export type Untraced = <A>(request: () => A) => A

/** What OpenTelemetry's own exporters make their requests with. */
export const loadUntraced = (neededFor: PeerUse): Effect.Effect<Untraced, TelemetryPeerMissing> =>
  Effect.map(
    loadPeer("@opentelemetry/api", neededFor, () => import("@opentelemetry/api").catch(unavailable)),
    ({ context, createContextKey }) => {
      const suppressed = createContextKey("OpenTelemetry SDK Context Key SUPPRESS_TRACING")
      return (request) => context.with(context.active().setValue(suppressed, true), request)
    }
  )
