/**
 * What makes the connections of one sender: an agent, and certificates that are those of their files. Where these change, no
 * request goes over a connection any more that was made with those before.
 */
import * as Effect from "effect/Effect"
import * as Http from "node:http"
import * as Https from "node:https"
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
  tls: Tls
  private own: Http.Agent
  private readonly settings: ConnectionSettings
  /** Brings both up to date. */
  readonly renewed: Effect.Effect<void>

  constructor(settings: ConnectionSettings) {
    const { tls, tlsFiles, url } = settings
    this.settings = settings
    this.tls = tls
    this.own = this.makeOwn()
    const files = url.protocol === "https:" && tlsFiles !== undefined ? renewedTls(tlsFiles, tls) : undefined
    this.renewed =
      files === undefined
        ? Effect.void
        : Effect.map(
            Effect.suspend(() => files.current(this.isOpen())),
            (now) => this.use(now)
          )
  }

  get agent(): Http.Agent {
    return this.settings.agent ?? this.own
  }

  close(): void {
    this.own.destroy()
  }

  /** An agent of somebody else's tells connections apart by their certificates, as Node's own do. */
  private use(tls: Tls): void {
    if (tls !== this.tls) {
      this.tls = tls
      retire(this.own)
      this.own = this.makeOwn()
    }
  }

  private makeOwn(): Http.Agent {
    return this.settings.url.protocol === "https:"
      ? new Https.Agent({ keepAlive: true, ...this.tls })
      : new Http.Agent({ keepAlive: true })
  }

  /** Whether the next request may go over a connection that is there already. */
  private isOpen(): boolean {
    return attempt(() => Object.keys(this.agent.freeSockets).length > 0) ?? false
  }
}

/** Lets requests that are under way end, and closes their connections then. */
const retire = (agent: Http.Agent): void => {
  agent.maxFreeSockets = 0
  Object.values(agent.freeSockets)
    .flatMap((sockets) => sockets ?? [])
    .forEach((socket) => socket.destroy())
}
