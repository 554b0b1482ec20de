/** What the metrics say of a request to this server. Nothing that a client may choose freely gets into a label. */
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import { httpMethods, type urlSchemes } from "../../observe/catalogue/http.ts"

type Request = HttpServerRequest.HttpServerRequest

/** A value of the label `http_request_method`. */
export type Method = (typeof httpMethods)[number]

const known: ReadonlyMap<string, Method> = new Map(httpMethods.map((method) => [method, method]))

/** The method of a request; every method that nobody standardised is `_OTHER`. */
export const methodOf = (method: string): Method => known.get(method) ?? "_OTHER"

/**
 * What a request was received with: Node's `IncomingMessage` or a `Request`. It stays the same when a router changes
 * the URL.
 */
export const sourceOf = (request: Request): object => (isObject(request.source) ? request.source : request)

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null

/** The connection that a request came by, as far as it is known: Node's socket, or the signal of a `Request`. */
export interface Connection {
  readonly destroyed?: unknown
  readonly encrypted?: unknown
  readonly aborted?: unknown
  readonly bytesRead?: unknown
  readonly errored?: unknown
  readonly once?: unknown
  readonly writableFinished?: unknown
  readonly writableLength?: unknown
}

const unknownConnection: Connection = {}

/** The connection of a request. */
export const connectionOf = (source: object): Connection => {
  const found = "socket" in source ? source.socket : "signal" in source ? source.signal : undefined
  return isObject(found) ? found : unknownConnection
}

/** The client is known to have gone away: its connection is closed, or its request was aborted. */
export const isGone = ({ aborted, destroyed }: Connection): boolean => destroyed === true || aborted === true

/** The response is read by whoever gave the `Request`, who cancels it when the client goes away. */
export const isWeb = ({ aborted }: Connection): boolean => aborted !== undefined

/** The scheme: what a proxy in front says (`X-Forwarded-Proto`), else that of the URL or of the connection. */
export const schemeOf = (request: Request, { encrypted }: Connection): (typeof urlSchemes)[number] => {
  const forwarded = request.headers["x-forwarded-proto"]
  if (forwarded === "https" || forwarded === "http") {
    return forwarded
  }
  return encrypted === true || request.originalUrl.startsWith("https:") ? "https" : "http"
}

/** Calls back once the connection has closed, where it is one that says so. */
export const whenClosed = (connection: Connection, closed: () => void): void => {
  if (typeof connection.once === "function") {
    Reflect.apply(connection.once, connection, ["close", closed])
  }
}

/** The connection broke, or was destroyed (by a timeout, or with all of its server) before it was ended. */
export const isBroken = ({ destroyed, errored, writableFinished }: Connection): boolean =>
  isObject(errored) || (destroyed === true && writableFinished === false)

/**
 * The bytes of the request's body, as `Content-Length` says; `undefined` without one, and where the connection has not
 * received as much.
 */
export const bodySizeOf = ({ headers }: Request, { bytesRead }: Connection): number | undefined => {
  const length = headers["content-length"]
  if (length === undefined || !digits.test(length)) {
    return undefined
  }
  const size = Number(length)
  return typeof bytesRead === "number" && size > bytesRead ? undefined : size
}

const digits = /^\d{1,15}$/
