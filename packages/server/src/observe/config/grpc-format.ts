/** What gRPC takes for an address and for headers, which it calls metadata. */
import { type HeaderRule, isHeader, url } from "./format.ts"
import { shownUrl } from "./shown-address.ts"
import type { Format } from "./variable.ts"

/**
 * A URL of http or https, or a host and a port: these are encrypted unless `isInsecure` says otherwise
 * (https://opentelemetry.io/docs/specs/otel/protocol/exporter/). There is no path: what a URL has of one is left out.
 */
export const grpcAddress = (isInsecure: boolean): Format<URL> => ({
  expected: "a URL that begins with http:// or https://, or a host and a port, such as collector:4317",
  show: shownUrl,
  parse: (value) => {
    const [, target] = hostAndPort.exec(value) ?? []
    const address = url.parse(target === undefined ? value : `${isInsecure ? "http" : "https"}://${target}`)
    if (address === undefined) {
      return undefined
    }
    address.pathname = "/"
    address.search = ""
    address.hash = ""
    return address
  }
})

/** As gRPC writes a target; `dns:` is what it takes for granted. */
const hostAndPort = /^(?:dns:(?:\/\/\/)?)?((?:[a-z0-9._-]+|\[[0-9a-f:.]+\]):\d{1,5})\/?$/i

/**
 * Names of letters, digits and `_-.`, which don't matter in case; those that begin with `grpc-` and those of the connection
 * are gRPC's own. Values are visible ASCII; those of names that end with `-bin` are bytes, in base64.
 */
export const grpcMetadata: HeaderRule = {
  isSound: (header) => {
    const [name, value] = header
    const isOwn = /^grpc-/i.test(name) || ownNames.has(name.toLowerCase())
    return isHeader(header) && !isOwn && /^[\w.-]+$/.test(name) && valueOf(name).test(value)
  },
  expected: {
    pairs:
      "; over gRPC names of letters, digits, _ - . that are not its own, and values of visible ASCII (-bin: base64)",
    option:
      "over gRPC names of letters, digits and _-. that are not its own, with values of visible ASCII characters and " +
      "spaces, or of base64 where the name ends with -bin"
  }
}

const valueOf = (name: string): RegExp => (/-bin$/i.test(name) ? /^[a-z0-9+/]*={0,2}$/i : /^[\x20-\x7e]*$/)

const ownNames = new Set(
  "connection content-length host http2-settings keep-alive proxy-connection transfer-encoding upgrade".split(" ")
)
