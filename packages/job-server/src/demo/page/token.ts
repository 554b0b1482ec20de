/**
 * Who may use the demo's page: whoever opened the address that the demo printed. Its token moves into a cookie, out of the
 * address.
 */
import { callerProblem, visitorProblem } from "@parametric-portal/dashboard/caller"
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { createHash, randomBytes, timingSafeEqual } from "node:crypto"

/** What tells those who may use the page from others. */
export interface PageToken {
  /** The address with the token. */
  readonly address: string
  readonly levelOf: (request: HttpServerRequest.HttpServerRequest) => "none" | "write"
  /** Where a request that came with the token goes on; undefined for others. */
  readonly entry: (request: HttpServerRequest.HttpServerRequest) => HttpServerResponse.HttpServerResponse | undefined
}

/** A new token for the page on a port. */
export const makePageToken = (port: number): PageToken => {
  const token = randomBytes(18).toString("base64url")
  // Cookies of all ports of a host are one heap.
  const cookie = `demo-${port}`
  return {
    address: `http://127.0.0.1:${port}/?token=${token}`,
    levelOf: (request) => (isAllowed(request) && isSame(request.cookies[cookie] ?? "", token) ? "write" : "none"),
    entry: (request) => {
      const given = new URL(request.url, "http://127.0.0.1").searchParams.get("token")
      return request.method === "GET" && isAllowed(request) && given !== null && isSame(given, token)
        ? HttpServerResponse.empty({
            status: 303,
            headers: {
              location: "/",
              "cache-control": "no-store",
              "set-cookie": `${cookie}=${token}; Path=/; HttpOnly; SameSite=Lax`
            }
          })
        : undefined
    }
  }
}

/** The page itself is also opened by links of other pages: of a terminal in the browser, say. */
const isAllowed = ({ headers, method, url }: HttpServerRequest.HttpServerRequest): boolean =>
  (new URL(url, "http://127.0.0.1").pathname === "/" ? visitorProblem({ method, headers }) : callerProblem(headers)) ===
  null

/** In a time that says nothing about where they differ. */
const isSame = (given: string, own: string): boolean => timingSafeEqual(digest(given), digest(own))

const digest = (text: string): Uint8Array => createHash("sha256").update(text).digest()
