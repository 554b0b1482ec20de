/** OTLP over HTTP: what the answers mean. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { OtlpTarget } from "../config/otlp-settings.ts"
import { describe, isOfTls, secretsOf } from "./answer.ts"
import { type Answer, makeConnection } from "./connection.ts"
import { explain } from "./connection-error.ts"
import type { ConnectionSettings } from "./connector.ts"
import { isOfProxy, reasonOfStatus } from "./http-status.ts"
import { rejectionOf } from "./partial-success.ts"
import { retryAfterMs } from "./retry-after.ts"
import type { Reply, Transport } from "./transport.ts"

/** A way to a receiver that speaks HTTP. */
export const makeHttpTransport = (settings: ConnectionSettings & Pick<OtlpTarget, "maxRetryAfterMs">): Transport => {
  const { headers, maxRetryAfterMs: longestMs, tlsFiles, url } = settings
  const secrets = secretsOf(headers, url)
  const connection = makeConnection(settings)
  const replyOf = (answer: Answer): Effect.Effect<Reply> =>
    Effect.map(Clock.currentTimeMillis, (wallMs) => {
      const { status } = answer
      if (status >= 200 && status < 300) {
        return { type: "acknowledged", rejection: (sent) => rejectionOf(answer, sent) }
      }
      const reason = isOfTls(answer) ? "all" : reasonOfStatus(status)
      return {
        type: "refused",
        reason,
        message: describe(answer, secrets, tlsFiles),
        isUnknown: isOfProxy(status),
        pauseMs: reason === "unavailable" ? retryAfterMs(answer, { longestMs, wallMs }) : undefined,
        isThere: status === 400
      }
    })
  return {
    ...connection,
    post: (body, limitMs) => Effect.flatMap(connection.post(body, limitMs), replyOf),
    explain: (error) => explain(error, url, tlsFiles)
  }
}
