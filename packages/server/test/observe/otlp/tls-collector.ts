/** A collector over TLS that asks for client certificates, and files of certificates as operators change them. */
import { type Authority, contentsOf, type Issued } from "@parametric-portal/receivers/authority"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import type { ClientFiles, TlsFiles } from "../../../src/observe/config/tls.ts"
import { spawn } from "node:child_process"
import * as Fs from "node:fs"
import { createServer, type Server } from "node:https"
import type { AddressInfo } from "node:net"
import * as Os from "node:os"
import * as Path from "node:path"
import { TLSSocket } from "node:tls"

/** A request, and the name in the certificate of the client that it came from. */
export interface Shown {
  readonly path: string
  readonly client: string
}

export interface TlsCollector {
  readonly url: URL
  readonly requests: Array<Shown>
  readonly server: Server
  /** Asks from now on for clients of this authority, and shows another certificate of it. */
  readonly renew: (authority: Authority) => void
  /** How many connections are open. */
  readonly connections: Effect.Effect<number>
}

const contextOf = (authority: Authority) => ({
  ...contentsOf(authority.issue("collector")),
  ca: contentsOf(authority).cert
})

/** One whose certificate this authority has signed, for clients of the same. */
export const tlsCollector = (authority: Authority) =>
  Effect.acquireRelease(
    Effect.async<TlsCollector>((resume) => {
      const requests: Array<Shown> = []
      const options = { ...contextOf(authority), requestCert: true, rejectUnauthorized: true }
      const server = createServer(options, (request, response) => {
        const { socket, url: path = "" } = request
        const client = socket instanceof TLSSocket ? String(socket.getPeerCertificate().subject?.CN) : ""
        requests.push({ path, client })
        request.resume().once("end", () => response.end())
      })
      server.on("tlsClientError", () => {})
      server.listen(0, "127.0.0.1", () => {
        const { port } = server.address() as AddressInfo
        const url = new URL(`https://127.0.0.1:${port}/v1/metrics`)
        const renew = (other: Authority) => server.setSecureContext(contextOf(other))
        const connections = Effect.async<number>((answer) => {
          server.getConnections((_, count) => answer(Effect.succeed(count)))
        })
        resume(Effect.succeed({ url, requests, server, renew, connections }))
      })
    }),
    ({ server }) =>
      Effect.sync(() => {
        server.close()
        server.closeAllConnections()
      })
  )

/** A server of OpenSSL, which ends the handshake where it does not take the client's certificate. */
export const opensslServer = (own: Authority, clients: Issued, ...more: ReadonlyArray<string>) => {
  const { cert_file, key_file } = own.issue("collector")
  const identity = ["-cert", cert_file, "-key", key_file, "-CAfile", clients.cert_file]
  const judged = ["-Verify", "1", "-verify_return_error"]
  return Effect.acquireRelease(
    Effect.async<{ readonly port: number; readonly stop: () => void }>((resume) => {
      const words = ["s_server", "-accept", "127.0.0.1:0", "-www", ...identity, ...judged, ...more]
      const child = spawn("openssl", words, { stdio: ["ignore", "pipe", "ignore"] })
      let said = ""
      child.stdout.on("data", (part) => {
        said += String(part)
        const port = Number(/ACCEPT 127\.0\.0\.1:(\d+)/.exec(said)?.[1])
        if (port > 0) {
          resume(Effect.succeed({ port, stop: () => child.kill("SIGKILL") }))
        }
      })
    }),
    ({ stop }) => Effect.sync(stop)
  )
}

/** What the files hold after a change. */
export interface Content {
  readonly ca: Buffer
  readonly cert: Buffer
  readonly key: Buffer
}

/** An authority, and a client of it by this name. */
export const contentOf = (authority: Authority, client: Issued): Content => ({
  ca: contentsOf(authority).cert,
  ...contentsOf(client)
})

const names = { ca: "ca.crt", cert: "tls.crt", key: "tls.key" } as const

/** A way in which files get other contents. */
export type Change = (home: string, content: Content) => void

const writeTo = (folder: string, content: Content) => {
  Fs.mkdirSync(folder, { recursive: true })
  Fs.writeFileSync(Path.join(folder, names.ca), content.ca)
  Fs.writeFileSync(Path.join(folder, names.cert), content.cert)
  Fs.writeFileSync(Path.join(folder, names.key), content.key)
}

/** The ways that are known: `Kubernetes` swaps a link to the folder that the links of the files lead through. */
export const changes: Readonly<Record<"written in place" | "renamed over" | "Kubernetes", Change>> = {
  "written in place": writeTo,
  "renamed over": (home, content) => {
    writeTo(Path.join(home, "new"), content)
    Object.values(names).forEach((name) => Fs.renameSync(Path.join(home, "new", name), Path.join(home, name)))
  },
  Kubernetes: (home, content) => {
    const made = Fs.mkdtempSync(Path.join(home, "..made-"))
    writeTo(made, content)
    Fs.symlinkSync(Path.basename(made), Path.join(home, "..next"))
    Fs.renameSync(Path.join(home, "..next"), Path.join(home, "..data"))
    for (const name of Object.values(names)) {
      Fs.rmSync(Path.join(home, name), { force: true })
      Fs.symlinkSync(Path.join("..data", name), Path.join(home, name))
    }
  }
}

export interface TlsHome {
  readonly home: string
  /** As variables name them. */
  readonly files: TlsFiles & { readonly client: ClientFiles }
  readonly variables: Readonly<Record<string, string>>
  readonly file: (name: keyof Content) => string
}

/** A folder with these files. */
export const tlsHome = (content: Content, change: Change = writeTo) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "tls-home-"))),
      (home) => Effect.sync(() => Fs.rmSync(home, { recursive: true, force: true }))
    ),
    (home): TlsHome => {
      change(home, content)
      const file = (name: keyof Content) => Path.join(home, names[name])
      const authority = { name: "OTEL_EXPORTER_OTLP_CERTIFICATE", value: file("ca") }
      const certificate = { name: "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", value: file("cert") }
      const key = { name: "OTEL_EXPORTER_OTLP_CLIENT_KEY", value: file("key") }
      return {
        home,
        file,
        files: { authority, client: { certificate, key, passphrase: undefined } },
        variables: Object.fromEntries([authority, certificate, key].map(({ name, value }) => [name, value]))
      }
    }
  )

/** How senders of the tests of TLS send. */
export const senderSettings = {
  headers: {},
  protocol: "http/protobuf",
  compression: "none",
  timeoutMs: 1_200,
  isAssumed: false,
  maxRetryAfterMs: 1_000,
  maxRequestBytes: 8_000_000,
  agent: undefined,
  tlsFiles: undefined
} as const

/** The longest pause before another attempt is as long as the time limit: there is one attempt. */
export const once = Effect.withRandom(Random.fixed([1]))
