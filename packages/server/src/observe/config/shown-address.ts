/** Addresses and paths as errors and the log may show them: what can be a secret is not in them. */
import { clean } from "../catalogue/label.ts"

const hidden = "***"

/** A URL for people: without user, password, query and fragment, and with the words of its path that are no secret. */
export const shown = (address: URL): string => `${address.protocol}//${address.host}${shownPath(address.pathname)}`

/** The address of a destination for people. Over gRPC there is no path. */
export const shownDestination = (target: { readonly protocol: string; readonly url: URL }): string =>
  target.protocol === "grpc" ? target.url.origin : shown(target.url)

/** A text that should have been a URL, the same way. A password may hold any character: all up to the last @ may be one. */
export const shownUrl = (text: string): string => {
  const [, scheme = "", user, host = "", path = "", query] =
    /^([a-z][a-z0-9+.-]*:\/\/)?(.*@)?([^/?#\\]*)([^?#]*)([?#].*)?$/is.exec(text) ?? []
  // A lone word may be a token that was put into the wrong variable.
  const isHost = isAddress.test(host) && (scheme !== "" || user !== undefined || host.includes(":"))
  const authority = `${user === undefined ? "" : `${hidden}@`}${isHost ? host : hidden}`
  const rest = `${shownPath(path)}${query === undefined ? "" : `?${hidden}`}`
  return isHost ? `"${clean(`${scheme}${authority}${rest}`)}"` : notShown
}

/** The path of a file, if it looks like one: a variable for a path may hold the key itself, by mistake. */
export const shownFile = (text: string): string =>
  text.length <= 200 && /^[\x20-\x7e]+$/.test(text) && /^[./~]|\.[a-z]{2,4}$|^[a-z]:\\/i.test(text)
    ? `"${clean(text)}"`
    : notShown

/** Stands for a value that may hold a secret. */
export const notShown = "(not shown)"

const isAddress = /^(\[[0-9a-f:.]*\]|[a-z0-9.-]*)(:\d{1,5})?$/i

// The words in paths of OTLP receivers. Anything else may be the token of a tenant; two letters are too few for one.
const words = new Set(
  "api collector ingest insert logs metrics opentelemetry otel otlp prometheus push receiver telemetry traces write".split(
    " "
  )
)

const shownPath = (path: string): string =>
  path
    .split(/[/\\]/)
    .map((segment) => (isWord(segment) ? segment : hidden))
    .join("/")

const isWord = (segment: string): boolean => segment.length <= 2 || words.has(segment.toLowerCase())

/** The parts of a URL's path that are not shown. */
export const hiddenSegments = ({ pathname }: URL): ReadonlyArray<string> =>
  pathname.split("/").filter((segment) => !isWord(segment))
