/**
 * Who may call a server on the loopback interface: programs of this machine, and no web page. A page can send a request
 * to any address, also to one whose name it has pointed at this machine (DNS rebinding), but not without these headers.
 */

/** The headers of a request by lower-case name. */
export type CallerHeaders = Readonly<Record<string, string | ReadonlyArray<string> | undefined>>

/** Why a request is refused, or `null`. */
export const callerProblem = (headers: CallerHeaders): string | null => {
  const host = textOf(headers["host"])
  if (host === undefined || !isLoopback(host)) {
    return "the Host of the request is no name of this machine's loopback interface, such as localhost or 127.0.0.1"
  }
  const origin = textOf(headers["origin"])
  if (origin !== undefined && origin.toLowerCase() !== `http://${host.toLowerCase()}`) {
    return "requests of web pages from elsewhere are refused"
  }
  const site = textOf(headers["sec-fetch-site"])
  return site === undefined || site === "same-origin" || site === "none"
    ? null
    : "requests of web pages from elsewhere are refused"
}

const textOf = (value: string | ReadonlyArray<string> | undefined): string | undefined =>
  typeof value === "string" || value === undefined ? value : value.join(",")

const loopback = /^(?:(?:[a-z0-9-]+\.)*localhost\.?|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i

const isLoopback = (host: string): boolean => loopback.test(host)
