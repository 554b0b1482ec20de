/** Connections of HTTP to one address, and single attempts to send over them. */
import * as Effect from "effect/Effect"
import * as Http from "node:http"
import * as Https from "node:https"
import { type ConnectionSettings, Connector } from "./connector.ts"
import {
  afterReading,
  type Attempt,
  type Body,
  type Connection,
  connectionOver,
  type Fate,
  NoAnswer
} from "./in-flight.ts"
import { isRefusal } from "./tls-error.ts"

/** What a collector, or a proxy before it, answered. */
export interface Answer {
  readonly status: number
  readonly statusText: string
  readonly headers: Http.IncomingHttpHeaders
  /** What came of the body in time, at most 64 KiB. */
  readonly body: Buffer
}

/** Connections to an address, kept open between requests; idle ones don't keep the process alive. */
export const makeConnection = (settings: ConnectionSettings): Connection<Answer> => {
  const connector = new Connector(settings)
  const { renewed } = connector
  const attempt = (body: Body, done: (end: Effect.Effect<Answer, NoAnswer>) => void) =>
    new HttpAttempt(connector, body, done)
  return connectionOver({ renewed, attempt, close: () => connector.close() }, settings.untraced)
}

/** So much of an answer is looked at. */
export const bodyLimit = 64 * 1024

/** The body of an answer is waited for so long at most: the status has said already what became of the request. */
const bodyMs = 1_000

/** One request, which takes its timers and its socket with it. */
class HttpAttempt implements Attempt {
  private request: Http.ClientRequest | undefined
  private timer: NodeJS.Timeout | undefined
  private fate: Fate = "unsent"
  private isOver = false
  private finishBody: (() => void) | undefined
  private readonly connector: Connector
  private readonly body: Body
  private readonly done: (end: Effect.Effect<Answer, NoAnswer>) => void

  constructor(connector: Connector, body: Body, done: (end: Effect.Effect<Answer, NoAnswer>) => void) {
    this.connector = connector
    this.body = body
    this.done = done
  }

  // Node throws what is wrong with an agent or a certificate.
  begin(limitMs: number): void {
    const { body } = this
    const { agent, settings, tls } = this.connector
    const { url } = settings
    const isTls = url.protocol === "https:"
    const until = performance.now() + limitMs
    const request = (isTls ? Https : Http).request(url, {
      method: "POST",
      agent,
      ...(isTls ? tls : {}),
      headers: { ...settings.headers, ...body.headers, "content-length": body.bytes.byteLength }
    })
    this.request = request
    request.once("socket", (socket) => {
      const isReady = request.reusedSocket || !(isTls || socket.connecting)
      if (isReady) {
        this.wrote("incomplete")
      } else {
        socket.once(isTls ? "secureConnect" : "connect", () => this.wrote("incomplete"))
      }
    })
    request.once("finish", () => this.wrote("unknown"))
    request.once("response", (response) => this.read(response, Math.min(bodyMs, until - performance.now())))
    // Nobody asked for another protocol: 101 is an answer, and the end of the connection.
    request.once("upgrade", (response, socket) => {
      socket.destroy()
      this.read(response, 0)
    })
    request.on("error", (error) => this.fail(error, false))
    request.end(body.bytes)
    this.limit(limitMs, () => this.fail(new Error(`no answer within ${limitMs} ms`), true))
  }

  giveUp(why: string): void {
    if (this.finishBody === undefined) {
      this.fail(new Error(why), false)
    } else {
      this.finishBody()
    }
  }

  private wrote(fate: Fate): void {
    if (this.fate !== "unknown") {
      this.fate = fate
    }
  }

  private limit(ms: number, late: () => void): void {
    clearTimeout(this.timer)
    this.timer = afterReading(ms, late)
  }

  private read(response: Http.IncomingMessage, limitMs: number): void {
    const parts: Array<Buffer> = []
    let size = 0
    const finish = (): void => {
      const { headers, statusCode: status = 0, statusMessage: statusText = "" } = response
      const isWhole = response.complete && this.fate === "unknown"
      this.end(Effect.succeed({ status, statusText, headers, body: Buffer.concat(parts) }), isWhole)
    }
    this.finishBody = finish
    this.limit(limitMs, finish)
    response.on("data", (part: Buffer) => {
      parts.push(part.subarray(0, bodyLimit - size))
      size += part.length
      if (size >= bodyLimit) {
        finish()
      }
    })
    response.once("end", finish)
    response.once("error", finish)
    response.once("close", finish)
  }

  private fail(error: Error, isLate: boolean): void {
    if (this.finishBody !== undefined) {
      this.finishBody()
      return
    }
    const isReused = this.request?.reusedSocket ?? false
    // Our side is done with a handshake before the other one has judged our certificate.
    const fate = isRefusal(error) ? "unsent" : this.fate
    this.end(new NoAnswer({ error, fate, isReused, isLate }), false)
  }

  /** A connection is kept where both sides are done with it. */
  private end(end: Effect.Effect<Answer, NoAnswer>, isReusable: boolean): void {
    if (this.isOver) {
      return
    }
    this.isOver = true
    clearTimeout(this.timer)
    if (!isReusable) {
      this.request?.destroy()
    }
    this.done(end)
  }
}
