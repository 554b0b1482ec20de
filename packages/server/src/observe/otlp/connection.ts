/**
 * The connections of one sender: an agent of its own, the last answer that came over it, and a way to cut it. Answers
 * are seen through Node's diagnostics channel, as OpenTelemetry's exporter keeps status and body to itself.
 */
import * as Predicate from "effect/Predicate"
import * as Channel from "node:diagnostics_channel"
import * as Http from "node:http"
import * as Https from "node:https"
import type { Tls } from "../config/tls.ts"

/** What a collector answered. */
export interface Answer {
  readonly status: number
  readonly statusText: string
  readonly contentType: string
  /** What came of the body until now, at most 64 KiB. */
  readonly body: () => Buffer
}

export interface Connection {
  readonly agent: Http.Agent
  /** The last answer since `forget`. */
  readonly answer: () => Answer | undefined
  readonly forget: () => void
  /** Ends what is in flight, so that it is not taken after it was given up; the next request gets a new connection. */
  readonly drop: (why: string) => void
  /** Ends every connection for good: what is in flight fails with this message, and is not tried again. */
  readonly cut: (why: string) => void
  /** Called at the cut; the last listener only, as there is one request at a time. */
  readonly onCut: (listener: (error: Error) => void) => void
}

/** Connections to an address, kept open between requests; idle ones don't keep the process alive. */
export const makeConnection = ({ tls, url }: { readonly url: URL; readonly tls: Tls }): Connection => {
  const agent =
    url.protocol === "https:" ? new Https.Agent({ keepAlive: true, ...tls }) : new Http.Agent({ keepAlive: true })
  let last: Answer | undefined
  let cutListener = (_: Error): void => {}
  const listener = (message: unknown): void => {
    if (isExchange(message) && message.request.agent === agent) {
      last = answerOf(message.response)
    }
  }
  Channel.subscribe(channel, listener)
  return {
    agent,
    answer: () => last,
    forget: () => {
      last = undefined
    },
    drop: (why) => destroy(agent.sockets, new Error(why)),
    cut: (why) => {
      Channel.unsubscribe(channel, listener)
      const error = new Error(why)
      // Where the exporter tries again it asks for a connection: this error is one that it gives up on.
      Object.assign(agent, {
        createConnection: () => {
          throw error
        }
      })
      destroy(agent.sockets, error)
      destroy(agent.freeSockets, error)
      cutListener(error)
    },
    onCut: (notify) => {
      cutListener = notify
    }
  }
}

/** An error of ours is none of those after which the exporter tries again. */
const destroy = (sockets: Http.Agent["sockets"], error: Error): void =>
  Object.values(sockets).forEach((some) => some?.forEach((socket) => socket.destroy(error)))

const channel = "http.client.response.finish"

interface Exchange {
  readonly request: { readonly agent: unknown }
  readonly response: Http.IncomingMessage
}

const isExchange = (message: unknown): message is Exchange =>
  Predicate.hasProperty(message, "request") &&
  Predicate.hasProperty(message.request, "agent") &&
  Predicate.hasProperty(message, "response") &&
  message.response instanceof Http.IncomingMessage

const bodyLimit = 64 * 1024

const answerOf = (response: Http.IncomingMessage): Answer => {
  const parts: Array<Buffer> = []
  let size = 0
  response.on("data", (part: Buffer) => {
    if (size < bodyLimit) {
      parts.push(part.subarray(0, bodyLimit - size))
      size += part.length
    }
  })
  return {
    status: response.statusCode ?? 0,
    statusText: response.statusMessage ?? "",
    contentType: response.headers["content-type"] ?? "",
    body: () => Buffer.concat(parts)
  }
}
