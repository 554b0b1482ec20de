/**
 * Which names a request may have in `Host`. A web page can have a name of its own point at this machine (DNS rebinding)
 * and read what is served there, but the name stands in its requests.
 */

/** Where a server listens, and what it may be called. */
export interface HostOptions {
  /** The host that was asked for. */
  readonly host: string
  /** The address that the system gave. */
  readonly address: string
  /** Names without a port; where they are given, they and those of the loopback interface are all there are. */
  readonly names?: ReadonlyArray<string> | undefined
}

/**
 * Tells whether a value of `Host` is right. On the loopback interface it must be one of its names. On other addresses it
 * may be any, unless names are given: a pod is scraped by an address that it does not know.
 */
export const hostCheck = ({ address, host, names }: HostOptions): ((given: string | undefined) => boolean) => {
  const isLocal = isLoopback(address)
  if (!isLocal && names === undefined) {
    return () => true
  }
  const own = new Set([host, address, ...(names ?? [])].map(plain))
  return (given) => {
    const name = plain((given ?? "").replace(/:\d{0,5}$/, ""))
    return own.has(name) || (isLocal && isLoopback(name))
  }
}

const plain = (host: string): string => host.toLowerCase().replace(/^\[|\]$/g, "")

const isLoopback = (host: string): boolean => loopback.test(host)

const loopback = /^(?:(?:[a-z0-9-]+\.)*localhost\.?|127(?:\.\d{1,3}){3}|::1|::ffff:127(?:\.\d{1,3}){3})$/i
