/** Loads optional peers when they are needed, so that an application which exports nothing loads nothing. */
import * as Effect from "effect/Effect"
import { TelemetryPeerMissing } from "./peer-missing.ts"

/** A module, or an error that names the package to install. */
export const loadPeer = <A>(
  peer: string,
  neededFor: string,
  load: () => Promise<A>
): Effect.Effect<A, TelemetryPeerMissing> =>
  Effect.tryPromise({ try: load, catch: (cause) => new TelemetryPeerMissing({ peer, neededFor, cause }) })
