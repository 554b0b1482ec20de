/** The server that a URL names, without its path, query and credentials. */
import { attempt } from "../../observe/catalogue/attempt.ts"
import { detached } from "../../observe/catalogue/clean-text.ts"

/** Both are absent where the URL names no server. */
export interface Server {
  readonly address: string | undefined
  readonly port: string | undefined
}

/** The host and the port of a URL; the port is that of the scheme where the URL has none. */
export const serverOf = (url: string): Server => {
  const [origin = ""] = beforePath.exec(url) ?? []
  const known = servers.get(origin)
  if (known !== undefined) {
    return known
  }
  const found = attempt(() => parsed(url)) ?? none
  if (origin !== "" && servers.size < maxServers && origin.length <= maxLength) {
    servers.set(detached(origin), found)
  }
  return found
}

const parsed = (url: string): Server => {
  const { hostname, port, protocol } = new URL(url)
  // An address of IPv6 has brackets in a URL only.
  const address = hostname === "" ? undefined : hostname.replace(/^\[(.*)\]$/, "$1")
  return { address, port: port === "" ? defaultPorts[protocol] : port }
}

// What stands before the path decides; a backslash ends it too.
const beforePath = /^[^/\\?#]*:\/\/[^/\\?#]*/
const defaultPorts: Readonly<Record<string, string>> = { "http:": "80", "https:": "443" }
const none: Server = { address: undefined, port: undefined }

// Parsing a URL takes a microsecond, and most programs talk to few servers.
const servers = new Map<string, Server>()
const maxServers = 1_000
const maxLength = 300
