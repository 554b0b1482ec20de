/**
 * What makes the connections of one sender: an agent, and certificates that are those of their files. Where these change, no
 * request goes over a connection any more that was made with those before.
 */
import * as Effect from "effect/Effect"
import * as Http from "node:http"
import * as Https from "node:https"
import { createSecureContext, type SecureContextOptions } from "node:tls"
import { urlToHttpOptions } from "node:url"
import { attempt } from "../catalogue/attempt.ts"
import type { OtlpTarget } from "../config/otlp-settings.ts"
import type { Tls } from "../config/tls.ts"
import { renewedTls } from "./renewed-tls.ts"
import type { Untraced } from "./untraced.ts"

/** What a connection needs of the settings of a destination. */
export type ConnectionSettings = Pick<OtlpTarget, "agent" | "headers" | "tls" | "url"> &
  Partial<Pick<OtlpTarget, "tlsFiles">> & { readonly untraced?: Untraced }

/** The agent that makes connections, and the certificates that it makes them with. */
export class Connector {
  private now: Tls
  private own: Http.Agent | undefined
  readonly settings: ConnectionSettings
  /** Brings both up to date. */
  readonly renewed: Effect.Effect<void>

  constructor(settings: ConnectionSettings) {
    this.settings = settings
    this.now = settings.tls
    this.renewed = renewal(
      settings,
      () => this.isOpen(),
      (tls) => this.use(tls)
    )
  }

  get agent(): Http.Agent {
    return this.settings.agent ?? (this.own ??= this.makeOwn())
  }

  /** What an agent of somebody else's is to be told with each request: it tells connections apart by it, as Node's own do. */
  get tls(): SecureContextOptions {
    return this.settings.agent === undefined ? {} : trusting(this.now)
  }

  close(): void {
    this.own?.destroy()
  }

  private use(tls: Tls): void {
    if (tls !== this.now) {
      this.now = tls
      if (this.own !== undefined) {
        retire(this.own)
      }
      this.own = undefined
    }
  }

  /** Certificates are parsed once: those of a whole system take tens of milliseconds, and Node would do it for each connection. */
  private makeOwn(): Http.Agent {
    return this.settings.url.protocol === "https:"
      ? new Https.Agent({ keepAlive: true, secureContext: createSecureContext(trusting(this.now)) })
      : new Http.Agent({ keepAlive: true })
  }

  /** Whether the next request may go over a connection that is there already. An agent may have some to others as well. */
  private isOpen(): boolean {
    const { agent = this.own, url } = this.settings
    const { hostname, port } = urlToHttpOptions(url)
    const names = attempt(() => Object.keys(agent?.freeSockets ?? {})) ?? []
    return names.some((name) => name.startsWith(`${hostname}:${port ?? 443}:`))
  }
}

/** Reads files again that have changed; nothing to do where there are none. */
export const renewal = (
  { tls, tlsFiles, url }: Pick<ConnectionSettings, "tls" | "tlsFiles" | "url">,
  isOpen: () => boolean,
  use: (tls: Tls) => void
): Effect.Effect<void> => {
  const files = url.protocol === "https:" && tlsFiles !== undefined ? renewedTls(tlsFiles, tls) : undefined
  return files === undefined
    ? Effect.void
    : Effect.map(
        Effect.suspend(() => files.current(isOpen())),
        use
      )
}

/**
 * An authority that is named is trusted, also where another one has signed it: Go and Java do so as well, and a cluster's
 * `ca.crt` may be such a one alone. Node goes on to one that signs itself unless it is told.
 */
export const trusting = (tls: Tls): SecureContextOptions =>
  tls.ca === undefined ? tls : { ...tls, allowPartialTrustChain: true }

/** Lets requests that are under way end, and closes their connections then. */
const retire = (agent: Http.Agent): void => {
  agent.maxFreeSockets = 0
  Object.values(agent.freeSockets)
    .flatMap((sockets) => sockets ?? [])
    .forEach((socket) => socket.destroy())
}
