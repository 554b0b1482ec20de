/** A pool of connections to a mail server; a letter takes as long as with a real one. */
import { PoolMetrics } from "@parametric-portal/server/observe/pool"
import * as Effect from "effect/Effect"
import * as Pool from "effect/Pool"
import * as Random from "effect/Random"

const connection = Effect.acquireRelease(
  Effect.delay(
    Effect.succeed({ send: Effect.flatMap(Random.nextIntBetween(60, 400), (ms) => Effect.sleep(ms)) }),
    "80 millis"
  ),
  () => Effect.void
)

/** Sends a letter as soon as a connection is free. */
export const mailer = Effect.map(
  PoolMetrics.track({ pool: "mail", acquire: connection }, (acquire) =>
    Pool.makeWithTTL({ acquire, min: 1, max: 2, timeToLive: "20 seconds" })
  ),
  (pool) => Effect.scoped(Effect.flatMap(pool.get, ({ send }) => send))
)
