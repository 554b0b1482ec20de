/**
 * Who may send to a runner over HTTP or web sockets: runners and clients that have the secret, and no web page. A page can
 * send to any address that its browser reaches, but not without `Origin`, `Sec-Fetch-*` or a foreign `Host`.
 *
 * The secret is a header of an HTTP request. The constructors of web sockets take no headers, so there it is a
 * subprotocol, which they all take.
 */
import * as ShardingConfig from "@effect/cluster/ShardingConfig"
import * as Headers from "@effect/platform/Headers"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpRouter from "@effect/platform/HttpLayerRouter"
import * as HttpMiddleware from "@effect/platform/HttpMiddleware"
import { HttpServerRequest } from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Socket from "@effect/platform/Socket"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { hasSecret, isLoopback, isSameToken, listenHost } from "./cluster-secret.ts"
import { makeRefusals, reasons } from "./refusals.ts"

const header = "authorization"
const protocolHeader = "sec-websocket-protocol"
const protocolPrefix = "effect-cluster."

/** An HTTP client that shows the token. An answer that is no success is an error: its body is no message. */
export const withToken = (token: string) =>
  Layer.effect(
    HttpClient.HttpClient,
    Effect.map(HttpClient.HttpClient, (client) =>
      client.pipe(
        HttpClient.mapRequest(HttpClientRequest.setHeader(header, `Bearer ${token}`)),
        HttpClient.filterStatusOk
      )
    )
  )

/** A constructor of web sockets that shows the token. */
export const withTokenProtocol = (token: string) =>
  Layer.effect(
    Socket.WebSocketConstructor,
    Effect.map(
      Socket.WebSocketConstructor,
      (make) => (url, protocols) =>
        make(url, [`${protocolPrefix}${token}`, ...(protocols === undefined ? [] : [protocols].flat())])
    )
  )

/** Refuses everybody else, before anything of the request is read. */
export const onlyPeers = (token: string) =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const router = yield* HttpRouter.HttpRouter
      const isOwnHost = ownHosts(yield* ShardingConfig.ShardingConfig)
      const logRefusal = makeRefusals()
      yield* router.addGlobalMiddleware((app) =>
        Effect.flatMap(HttpServerRequest, (request) => {
          const problem = problemOf(request.headers, token, isOwnHost)
          if (problem === undefined) {
            const headers = Headers.remove(request.headers, secretHeaders)
            return Effect.provideService(app, HttpServerRequest, request.modify({ headers }))
          }
          const address = Option.getOrElse(request.remoteAddress, () => "an unknown address")
          return Effect.as(HttpMiddleware.withLoggerDisabled(logRefusal(address, problem)), forbidden)
        })
      )
    })
  )

/** Nothing is read of what else is in the request, so its connection ends with it. */
const forbidden = HttpServerResponse.empty({ status: 403, headers: { connection: "close" } })

/** Handlers see the headers of a request, and have no use for these. */
const secretHeaders = [header, protocolHeader]

const problemOf = (
  headers: Headers.Headers,
  token: string,
  isOwnHost: (host: string) => boolean
): string | undefined => {
  if (isFromBrowser(headers)) {
    return reasons.browser
  }
  if (!isOwnHost(hostOf(headers["host"] ?? ""))) {
    return reasons.host
  }
  return isTrusted(headers, token) ? undefined : reasons.secret
}

/** The web sockets of Node 22 send one such header, a browser sends others with it. */
const isFromBrowser = (headers: Headers.Headers): boolean =>
  "origin" in headers ||
  Object.entries(headers).some(
    ([name, value]) => name.startsWith("sec-fetch-") && !(name === "sec-fetch-mode" && value === "websocket")
  )

/** Without a secret, which only a runner on loopback may be, a peer need not show that it has none. */
const isTrusted = (headers: Headers.Headers, token: string): boolean => {
  const given = tokenIn(headers)
  return given === undefined ? !hasSecret(token) : isSameToken(token, given)
}

const tokenIn = (headers: Headers.Headers): string | undefined => {
  const offered = (headers[protocolHeader] ?? "").split(",").map((one) => one.trim())
  const protocol = offered.find((one) => one.startsWith(protocolPrefix))
  const bearer = /^Bearer (\S+)$/i.exec(headers[header] ?? "")?.[1]
  return protocol === undefined ? bearer : protocol.slice(protocolPrefix.length)
}

const hostOf = (host: string): string =>
  host
    .replace(/:\d*$/, "")
    .replace(/^\[|\]$/g, "")
    .toLowerCase()

const ownHosts = (config: ShardingConfig.ShardingConfig["Type"]): ((host: string) => boolean) => {
  const listening = listenHost(config)
  const own = new Set(
    [listening, Option.map(config.runnerAddress, ({ host }) => host)].flatMap(Option.toArray).map(hostName)
  )
  const isLocal = Option.exists(listening, isLoopback)
  return (host) => own.has(host) || (isLocal && isLoopback(host))
}

const hostName = (host: string): string => host.replace(/^\[|\]$/g, "").toLowerCase()
