/**
 * The connections of one sender, and single attempts to send over them. An attempt ends with an answer, or with what is
 * known of a request that got none; once it has ended, nothing of it is written.
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Http from "node:http"
import * as Https from "node:https"
import type { SecureContextOptions } from "node:tls"
import { wordsOf } from "../catalogue/thrown.ts"
import { type ConnectionSettings, Connector } from "./connector.ts"
import { isRefusal } from "./tls-error.ts"

/** What a collector, or a proxy before it, answered. */
export interface Answer {
  readonly status: number
  readonly statusText: string
  readonly headers: Http.IncomingHttpHeaders
  /** What came of the body in time, at most 64 KiB. */
  readonly body: Buffer
}

/**
 * What is known of a request without an answer. `unsent`: nothing of it was written, or to nobody that reads it.
 * `incomplete`: not all of it, so that it was not taken. `unknown`: it may have been taken.
 */
export type Fate = "unsent" | "incomplete" | "unknown"

/** A request that got no answer. */
export class NoAnswer extends Data.TaggedError("NoAnswer")<{
  readonly error: Error
  readonly fate: Fate
  /** The connection had been used before: the other side may have closed it while it was idle. */
  readonly isReused: boolean
  /** The time limit ended it, and not the other side. */
  readonly isLate: boolean
}> {}

export interface Connection {
  /** Sends a body, and waits for the answer no longer than so many milliseconds, in real time. */
  readonly post: (body: Body, limitMs: number) => Effect.Effect<Answer, NoAnswer>
  /** Ends what is in flight. */
  readonly giveUp: (why: string) => void
  /** Ends what is in flight, and everything that is asked for later, with this reason. */
  readonly close: (why: string) => void
}

/** What is sent, and how it is encoded. */
export interface Body {
  readonly bytes: Uint8Array
  readonly headers: Readonly<Record<string, string>>
}

/** Connections to an address, kept open between requests; idle ones don't keep the process alive. */
export const makeConnection = (settings: ConnectionSettings): Connection => {
  const inFlight = new Set<Attempt>()
  const connector = new Connector(settings)
  const { untraced = (request) => request() } = settings
  let closed: Error | undefined
  let givenUp: Error | undefined
  const attempt = (body: Body, limitMs: number): Effect.Effect<Answer, NoAnswer> =>
    Effect.async((resume) => {
      const made = new Attempt((end) => {
        inFlight.delete(made)
        resume(end)
      })
      inFlight.add(made)
      // Node throws what is wrong with an agent or a certificate.
      const began = Either.try(() =>
        untraced(() => made.begin({ settings, agent: connector.agent, tls: connector.tls, body, limitMs }))
      )
      if (Either.isLeft(began)) {
        made.giveUp(messageOf(began.left))
      }
      return Effect.sync(() => made.giveUp("the export was interrupted"))
    })
  return {
    post: (body, limitMs) =>
      Effect.suspend(() => {
        const began = performance.now()
        const before = givenUp
        return Effect.flatMap(connector.renewed, () => {
          const error = closed ?? (givenUp === before ? undefined : givenUp)
          return error === undefined
            ? attempt(body, Math.round(limitMs - (performance.now() - began)))
            : new NoAnswer({ error, fate: "unsent", isReused: false, isLate: false })
        })
      }),
    giveUp: (why) => {
      givenUp = new Error(why)
      inFlight.forEach((one) => one.giveUp(why))
    },
    close: (why) => {
      closed = new Error(why)
      inFlight.forEach((one) => one.giveUp(why))
      connector.close()
    }
  }
}

const messageOf = (error: unknown): string => wordsOf(error instanceof Error ? error.message : error)

/** Timers run before sockets are read: what has come in already is read before time is up. */
export const afterReading = (ms: number, late: () => void): NodeJS.Timeout =>
  setTimeout(() => setImmediate(() => setImmediate(late)), Math.max(ms, 0))

interface AttemptOptions {
  readonly settings: ConnectionSettings
  readonly agent: Http.Agent
  readonly tls: SecureContextOptions
  readonly body: Body
  readonly limitMs: number
}

const bodyLimit = 64 * 1024

/** The body of an answer is waited for so long at most: the status has said already what became of the request. */
const bodyMs = 1_000

/** One request. It ends once, and takes its timers and its socket with it. */
class Attempt {
  private request: Http.ClientRequest | undefined
  private timer: NodeJS.Timeout | undefined
  private fate: Fate = "unsent"
  private isOver = false
  private finishBody: (() => void) | undefined
  private readonly done: (end: Effect.Effect<Answer, NoAnswer>) => void

  constructor(done: (end: Effect.Effect<Answer, NoAnswer>) => void) {
    this.done = done
  }

  begin({ agent, body, limitMs, settings, tls }: AttemptOptions): void {
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

  /** Ends it now, in whatever state it is. */
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
