/**
 * Whether a request that changes something comes from the page itself: by Fetch Metadata
 * (https://www.w3.org/TR/fetch-metadata/), which browsers send over HTTPS and on localhost, else by `Origin`, which they
 * send with each POST.
 */
import type * as Headers from "@effect/platform/Headers"
import * as Effect from "effect/Effect"
import { OptionsError } from "../../observe/instrument/options-error.ts"

/** Why a request is refused; undefined where it comes from the page. */
export const crossOrigin = (headers: Headers.Headers, origins: ReadonlySet<string> | undefined): string | undefined => {
  const site = headers["sec-fetch-site"]
  if (site !== undefined) {
    return site === "same-origin" ? undefined : "The request comes from another page"
  }
  const { host, origin } = headers
  if (origin === undefined) {
    return 'The request doesn\'t say where it comes from: a script sends "Sec-Fetch-Site: same-origin"'
  }
  const isOurs = origins === undefined ? isOriginOf(origin, host) : origins.has(origin.toLowerCase())
  return isOurs
    ? undefined
    : "The request comes from another origin: behind a proxy, name yours in the option `origins`"
}

/** An origin has a scheme and `Host` has none, so that each may leave the scheme's own port out. */
const isOriginOf = (origin: string, host: string | undefined): boolean => {
  if (host === undefined || !URL.canParse(origin)) {
    return false
  }
  const { host: named, protocol } = new URL(origin)
  const url = `${protocol}//${host}`
  return /^https?:$/.test(protocol) && /^[^/\\?#@\s]+$/.test(host) && URL.canParse(url) && new URL(url).host === named
}

/** The origins of the option, as browsers write them. */
export const originsOf = (
  origins: ReadonlyArray<string> | undefined
): Effect.Effect<ReadonlySet<string> | undefined, OptionsError> => {
  const unfit = origins?.find((origin) => !isOrigin(origin))
  return unfit === undefined
    ? Effect.succeed(origins === undefined ? undefined : new Set(origins.map((origin) => new URL(origin).origin)))
    : OptionsError.of({
        option: "origins",
        given: unfit,
        expected: "origins, with a scheme and without a path, such as https://admin.example.com"
      })
}

const isOrigin = (text: string): boolean =>
  URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) && new URL(text).origin === text.toLowerCase()
