/** A server for spans and log records whose every answer is decided by who makes it: it keeps what it was sent, and what it took. */
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http"
import type { Socket } from "node:net"
import { freePort } from "../../../../vitest.ports.ts"
import { bodyOf, recordNames } from "./wire-records.ts"

export const paths = { spans: "/v1/traces", lines: "/v1/logs" } as const

/** Whose records a request carries. */
export type RecordKind = keyof typeof paths

export interface RecordRequest {
  readonly kind: RecordKind | undefined
  readonly path: string
  readonly headers: IncomingHttpHeaders
  /** The names of its spans, or the texts of its log records. */
  readonly names: ReadonlyArray<string>
  /** How many came before it to the same path. */
  readonly index: number
  readonly atMs: number
}

/** What is done with a request; it is taken where the status is 200. */
export type RecordAnswer =
  | {
      readonly status: number
      readonly headers?: Readonly<Record<string, string>>
      readonly body?: string
      readonly afterMs?: number
    }
  | "never"
  | "reset"

export const taken: RecordAnswer = { status: 200 }

export interface RecordEndpoint {
  readonly port: number
  /** What the paths of the signals are added to. */
  readonly base: string
  readonly requests: ReadonlyArray<RecordRequest>
  /** The names of what was taken, in the order of its coming. */
  readonly took: Readonly<Record<RecordKind, ReadonlyArray<string>>>
  /** How many connections there were in all, and at most at once, over which requests of a kind came. */
  readonly connections: (kind: RecordKind) => { readonly all: number; readonly atOnce: number }
  readonly clear: () => void
  /** Stops listening and cuts all connections, or listens again. */
  readonly refuse: (is: boolean) => Promise<void>
}

/** Listens on a free port of 127.0.0.1 until the scope closes. */
export const recordEndpoint = (
  answer: (request: RecordRequest) => RecordAnswer
): Effect.Effect<RecordEndpoint, never, Scope> =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const made = new Endpoint(answer, await freePort())
      await made.refuse(false)
      return made
    }),
    (made) => Effect.promise(() => made.refuse(true))
  )

class Endpoint implements RecordEndpoint {
  readonly port: number
  readonly base: string
  readonly requests: Array<RecordRequest> = []
  readonly took: Record<RecordKind, Array<string>> = { spans: [], lines: [] }
  private readonly answer: (request: RecordRequest) => RecordAnswer
  private readonly open = new Set<Socket>()
  private readonly carried: Record<RecordKind, Set<Socket>> = { spans: new Set(), lines: new Set() }
  private readonly atOnce: Record<RecordKind, number> = { spans: 0, lines: 0 }
  private readonly server = createServer((request, response) => {
    const parts: Array<Buffer> = []
    const { headers, socket } = request
    const path = request.url ?? ""
    const kind = kindOf(path)
    if (kind !== undefined) {
      this.carried[kind].add(socket)
      const now = Array.from(this.carried[kind]).filter((one) => this.open.has(one)).length
      this.atOnce[kind] = Math.max(this.atOnce[kind], now)
    }
    request.on("data", (part: Buffer) => parts.push(part))
    request.once("end", () => {
      const names = recordNames(bodyOf(headers, Buffer.concat(parts)), headers)
      const index = this.requests.filter((one) => one.path === path).length
      const received = { kind, path, headers, names, index, atMs: performance.now() }
      this.requests.push(received)
      this.reply(received, { response, socket })
    })
  })

  constructor(answer: (request: RecordRequest) => RecordAnswer, port: number) {
    this.answer = answer
    this.port = port
    this.base = `http://127.0.0.1:${port}`
    this.server.on("connection", (socket) => {
      this.open.add(socket)
      socket.on("error", () => {})
      socket.once("close", () => this.open.delete(socket))
    })
  }

  readonly connections = (kind: RecordKind) => ({ all: this.carried[kind].size, atOnce: this.atOnce[kind] })

  readonly clear = (): void => {
    this.requests.length = 0
    this.took.spans.length = 0
    this.took.lines.length = 0
  }

  readonly refuse = (is: boolean): Promise<void> =>
    new Promise((resolve) => {
      if (is === !this.server.listening) {
        return resolve()
      }
      if (!is) {
        this.server.listen(this.port, "127.0.0.1", resolve)
        return
      }
      this.server.close(() => resolve())
      this.open.forEach((socket) => socket.destroy())
    })

  private reply(request: RecordRequest, { response, socket }: { response: ServerResponse; socket: Socket }): void {
    const reply = this.answer(request)
    if (reply === "never") {
      return
    }
    if (reply === "reset") {
      socket.resetAndDestroy()
      return
    }
    const { afterMs = 0, body, headers, status } = reply
    const send = () => {
      if (status === 200 && request.kind !== undefined) {
        this.took[request.kind].push(...request.names)
      }
      const type = request.headers["content-type"] ?? "application/json"
      response.writeHead(status, { "content-type": type, ...headers }).end(body ?? (type.includes("json") ? "{}" : ""))
    }
    // Who has gone by then is not told that it was taken, and so it was not.
    const later = setTimeout(send, afterMs)
    response.once("close", () => clearTimeout(later))
  }
}

const kindOf = (path: string): RecordKind | undefined =>
  path === paths.spans ? "spans" : path === paths.lines ? "lines" : undefined
