/**
 * The secret that the runners of a cluster and their clients share. What goes over the network is derived from it. A
 * runner that others can reach has one: whoever reaches its port without it could run anything that the cluster runs.
 */
import * as ShardingConfig from "@effect/cluster/ShardingConfig"
import * as ConfigError from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { createHash, createHmac, timingSafeEqual } from "node:crypto"

/** The same for all runners and clients of a cluster. */
export type ClusterSecret = string | Redacted.Redacted

/** What a peer shows to prove that it has the secret; without a secret it is a word that all know. */
export const tokenOf = (secret: ClusterSecret | undefined): string => {
  const text = textOf(secret)
  return text === "" ? withoutSecret : createHmac("sha256", text).update("@effect/cluster peer").digest("hex")
}

/** Whether two tokens are the same, in a time that says nothing about where they differ. */
export const isSameToken = (own: string, given: string): boolean => timingSafeEqual(digest(own), digest(given))

export const hasSecret = (token: string): boolean => token !== withoutSecret

/** Fails where a runner listens on an address that others can reach, and has no secret. */
export const requireSecret = (
  secret: ClusterSecret | undefined
): Effect.Effect<void, ConfigError.ConfigError, ShardingConfig.ShardingConfig> =>
  Effect.flatMap(ShardingConfig.ShardingConfig, (config) => {
    const host = Option.getOrElse(listenHost(config), () => "localhost")
    return isLoopback(host) || textOf(secret) !== ""
      ? Effect.void
      : Effect.fail(
          ConfigError.MissingData(
            ["clusterSecret"],
            `clusterSecret: not given; a runner that listens on ${host}, which is not loopback, needs the secret that ` +
              "all runners and clients of its cluster have"
          )
        )
  })

/** The host on which a runner listens. */
export const listenHost = ({
  runnerAddress,
  runnerListenAddress
}: ShardingConfig.ShardingConfig["Type"]): Option.Option<string> =>
  Option.map(
    Option.orElse(runnerListenAddress, () => runnerAddress),
    ({ host }) => host
  )

/** Whether a host is one that only this machine can reach. */
export const isLoopback = (host: string): boolean => loopback.test(host)

const loopback = /^(?:localhost\.?|127(?:\.\d{1,3}){3}|\[?::1\]?)$/i

const withoutSecret = "none"

/** Nothing but white space is no secret, as in a file or a variable that was never filled. */
const textOf = (secret: ClusterSecret | undefined): string => {
  const text = secret === undefined ? "" : typeof secret === "string" ? secret : Redacted.value(secret)
  return text.trim() === "" ? "" : text
}

const digest = (text: string): Uint8Array => createHash("sha256").update(text).digest()
