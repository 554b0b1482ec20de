/**
 * Who may call a server on the loopback interface: programs of this machine, and no web page. A page can send a request
 * to any address, also to one whose name it has pointed at this machine (DNS rebinding), but not without these headers.
 */

/** The headers of a request by lower-case name. */
export type CallerHeaders = Readonly<Record<string, string | ReadonlyArray<string> | undefined>>

/** Why a request is refused, or `null`. */
export const callerProblem = (headers: CallerHeaders): string | null => {
  const problem = hostProblem(headers)
  if (problem !== null) {
    return problem
  }
  const host = textOf(headers["host"]) ?? ""
  const origin = textOf(headers["origin"])
  if (origin !== undefined && origin.toLowerCase() !== `http://${host.toLowerCase()}`) {
    return fromElsewhere
  }
  const site = textOf(headers["sec-fetch-site"])
  return site === undefined || site === "same-origin" || site === "none" ? null : fromElsewhere
}

/**
 * Why a request for a page that can't be framed is refused, or `null`: a person may also come to it by a link on a page
 * from elsewhere, which then sees nothing of it. For everything that such a page asks for, and for what a `GET` changes,
 * there is {@link callerProblem}.
 */
export const visitorProblem = (request: { readonly method: string; readonly headers: CallerHeaders }): string | null =>
  isVisit(request) ? hostProblem(request.headers) : callerProblem(request.headers)

/** Whether a whole tab or window goes to the address: by a link or by its bar, not as a frame and not by a script. */
const isVisit = ({ headers, method }: Parameters<typeof visitorProblem>[0]): boolean =>
  method === "GET" &&
  headers["origin"] === undefined &&
  textOf(headers["sec-fetch-mode"]) === "navigate" &&
  textOf(headers["sec-fetch-dest"]) === "document"

const fromElsewhere = "requests of web pages from elsewhere are refused"

const hostProblem = (headers: CallerHeaders): string | null => {
  const host = textOf(headers["host"])
  return host !== undefined && isLoopback(host)
    ? null
    : "the Host of the request is no name of this machine's loopback interface, such as localhost or 127.0.0.1"
}

const textOf = (value: string | ReadonlyArray<string> | undefined): string | undefined =>
  typeof value === "string" || value === undefined ? value : value.join(",")

const loopback = /^(?:(?:[a-z0-9-]+\.)*localhost\.?|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i

const isLoopback = (host: string): boolean => loopback.test(host)
