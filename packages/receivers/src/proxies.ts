/** Proxies of Debian's packages in front of a receiver: nginx and HAProxy in reverse, squid forward. */
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs"
import { connect } from "node:net"
import path from "node:path"
import { freePort } from "../../../vitest.ports.ts"
import { folder, type Running, start } from "./process.ts"

export interface Proxy extends Running {
  readonly port: number
  /** Where metrics are sent to. */
  readonly url: string
  /** What the paths of the three signals are added to, as in `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  readonly base: string
}

export interface ReverseOptions {
  /** The port of the receiver on 127.0.0.1. */
  readonly to: number
  /** Where it listens, so that another can take its place; a free one unless given. */
  readonly port?: number
  /** Lines added to its configuration. */
  readonly settings?: ReadonlyArray<string>
}

const listens = (port: number): Effect.Effect<boolean> =>
  Effect.async((resume) => {
    const socket = connect(port, "127.0.0.1")
    socket.once("connect", () => resume(Effect.succeed(true)))
    socket.once("error", () => resume(Effect.succeed(false)))
    return Effect.sync(() => socket.destroy())
  }).pipe(Effect.map((is) => is === true))

const addresses = (port: number) => {
  const base = `http://127.0.0.1:${port}`
  return { base, url: `${base}/v1/metrics` }
}

const portOr = (given: number | undefined) => (given === undefined ? Effect.promise(freePort) : Effect.succeed(given))

const nginxFile = ({ settings = [], to }: ReverseOptions, port: number) => `
daemon off; master_process off; pid nginx.pid; error_log stderr warn;
events {}
http {
  access_log off;
  client_body_temp_path body; proxy_temp_path proxy;
  fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  upstream receiver { server 127.0.0.1:${to} max_fails=0; keepalive 4; }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://receiver; proxy_http_version 1.1; proxy_set_header Connection "";
    }
    ${settings.map((line) => `${line};`).join("\n    ")}
  }
}
`

/** nginx; its settings are directives of the server. */
export const nginx = (options: ReverseOptions): Effect.Effect<Proxy, never, Scope> =>
  Effect.gen(function* () {
    const port = yield* portOr(options.port)
    const home = yield* folder
    writeFileSync(path.join(home, "nginx.conf"), nginxFile(options, port))
    const running = yield* start({
      program: "nginx",
      args: ["-p", home, "-c", "nginx.conf", "-e", "stderr"],
      isReady: listens(port)
    })
    return { ...running, port, ...addresses(port) }
  })

const haproxyFile = ({ settings = [], to }: ReverseOptions, port: number) => `
defaults
  mode http
  timeout connect 1s
  timeout client 30s
  timeout server 30s
  ${settings.join("\n  ")}
frontend in
  bind 127.0.0.1:${port}
  default_backend out
backend out
  server receiver 127.0.0.1:${to}
`

/** HAProxy; its settings are lines of `defaults`. */
export const haproxy = (options: ReverseOptions): Effect.Effect<Proxy, never, Scope> =>
  Effect.gen(function* () {
    const port = yield* portOr(options.port)
    const file = path.join(yield* folder, "haproxy.cfg")
    writeFileSync(file, haproxyFile(options, port))
    const running = yield* start({ program: "haproxy", args: ["-db", "-f", file], isReady: listens(port) })
    return { ...running, port, ...addresses(port) }
  })

export interface ForwardProxy extends Running {
  /** For `HTTP_PROXY` and `HTTPS_PROXY`. */
  readonly address: string
  /** A line for each request that went through it: its method and its target. */
  readonly requests: () => ReadonlyArray<string>
}

/** squid, which lets everything through to this machine. */
export const squid: Effect.Effect<ForwardProxy, never, Scope> = Effect.gen(function* () {
  const port = yield* Effect.promise(freePort)
  const home = yield* folder
  // It runs as a user of its own.
  chmodSync(home, 0o777)
  const log = path.join(home, "access.log")
  const file = path.join(home, "squid.conf")
  writeFileSync(
    file,
    `
http_port 127.0.0.1:${port}
http_access allow all
cache deny all
pid_filename none
visible_hostname localhost
pinger_enable off
shutdown_lifetime 0 seconds
coredump_dir ${home}
cache_log ${path.join(home, "cache.log")}
logformat request %rm %ru
access_log stdio:${log} request
buffered_logs off
`
  )
  const running = yield* start({ program: "squid", args: ["-N", "-f", file], isReady: listens(port) })
  return {
    ...running,
    address: `http://127.0.0.1:${port}`,
    requests: () =>
      existsSync(log)
        ? readFileSync(log, "utf8")
            .split("\n")
            .filter((line) => line !== "")
        : []
  }
})
