/** Peers that were refused: one line in the log for each address and reason, however often it tries again. */
import * as Effect from "effect/Effect"

/** Logs that a peer was refused, unless that was logged before. */
export type LogRefusal = (address: string, reason: string) => Effect.Effect<void>

export const reasons = {
  secret: "its clusterSecret is not the one of this runner",
  noPeer: "what it sent is not from a runner or a client of this version",
  silent: "it sent nothing",
  browser: "it sent what a web browser sends",
  host: "the Host of its request is not an address of this runner"
} as const

/** More addresses than a cluster has. */
const remembered = 1_000

export const makeRefusals = (): LogRefusal => {
  const logged = new Set<string>()
  return (address, reason) =>
    Effect.suspend(() => {
      const key = `${address} ${reason}`
      if (logged.has(key)) {
        return Effect.void
      }
      if (logged.size >= remembered) {
        logged.clear()
      }
      logged.add(key)
      return Effect.annotateLogs(Effect.logWarning(`A peer at ${address} was refused: ${reason}`), {
        package: "@parametric-portal/server",
        service: "Runner"
      })
    })
}
