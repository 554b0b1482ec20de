/** What the metrics say of a request to this server. Nothing that a client may choose freely gets into a label. */
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Predicate from "effect/Predicate"
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

/** The scheme: what a proxy in front says (`X-Forwarded-Proto`), else that of the URL or of the connection. */
export const schemeOf = (request: Request): (typeof urlSchemes)[number] => {
  const forwarded = request.headers["x-forwarded-proto"]
  if (forwarded === "https" || forwarded === "http") {
    return forwarded
  }
  return request.originalUrl.startsWith("https:") || isEncrypted(request.source) ? "https" : "http"
}

const isEncrypted = (source: unknown): boolean =>
  Predicate.hasProperty(source, "socket") && isTrue(source.socket, "encrypted")

/** The client is known to have gone away: its connection is closed, or its request was aborted. */
export const isGone = ({ source }: Request): boolean =>
  (Predicate.hasProperty(source, "socket") && isTrue(source.socket, "destroyed")) ||
  (Predicate.hasProperty(source, "signal") && isTrue(source.signal, "aborted"))

/** The response is read by whoever answers the `Request`, who cancels it when the client goes away. */
export const isWeb = ({ source }: Request): boolean => Predicate.hasProperty(source, "signal")

const isTrue = (value: unknown, key: string): boolean => Predicate.hasProperty(value, key) && value[key] === true

/** The bytes of the request's body, as `Content-Length` says; `undefined` without one. */
export const bodySizeOf = ({ headers }: Request): number | undefined => {
  const length = headers["content-length"]
  return length !== undefined && digits.test(length) ? Number(length) : undefined
}

const digits = /^\d{1,15}$/
