/** A collector whose every answer a test decides, on the wire: it keeps what it read, and counts what it took. */
import * as Effect from "effect/Effect"
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from "node:http"
import type { AddressInfo, Socket } from "node:net"

/** A request as it came, JSON that was not compressed. */
export interface Received {
  readonly headers: IncomingHttpHeaders
  readonly body: string
  readonly points: ReadonlyArray<WirePoint>
}

/** A number or a histogram, and the metric that it belongs to. */
export interface WirePoint {
  readonly metric: string
  readonly attributes: Readonly<Record<string, string>>
  readonly startTimeUnixNano: string
  readonly timeUnixNano: string
  readonly value: number
}

export interface Collector {
  readonly url: string
  readonly requests: ReadonlyArray<Received>
  readonly server: Server
  readonly sockets: ReadonlySet<Socket>
}

/** What is done with a request, given how many came before it. */
export type Answer = (response: ServerResponse, request: Received, index: number) => void

interface WireMetrics {
  readonly resourceMetrics?: ReadonlyArray<{
    readonly scopeMetrics: ReadonlyArray<{
      readonly metrics: ReadonlyArray<{
        readonly name: string
        readonly sum?: { readonly dataPoints: ReadonlyArray<WireNumber> }
        readonly gauge?: { readonly dataPoints: ReadonlyArray<WireNumber> }
        readonly histogram?: { readonly dataPoints: ReadonlyArray<WireNumber> }
      }>
    }>
  }>
}

interface WireNumber {
  readonly attributes: ReadonlyArray<{ readonly key: string; readonly value: { readonly stringValue: string } }>
  readonly startTimeUnixNano: string
  readonly timeUnixNano: string
  readonly asDouble?: number
  readonly count?: number
}

const pointsOf = (body: string): ReadonlyArray<WirePoint> => {
  const { resourceMetrics = [] }: WireMetrics = JSON.parse(body)
  return resourceMetrics
    .flatMap(({ scopeMetrics }) => scopeMetrics)
    .flatMap(({ metrics }) => metrics)
    .flatMap(({ gauge, histogram, name, sum }) =>
      [...(sum?.dataPoints ?? []), ...(gauge?.dataPoints ?? []), ...(histogram?.dataPoints ?? [])].map((point) => ({
        metric: name,
        attributes: Object.fromEntries(point.attributes.map(({ key, value }) => [key, value.stringValue])),
        startTimeUnixNano: point.startTimeUnixNano,
        timeUnixNano: point.timeUnixNano,
        value: point.asDouble ?? point.count ?? 0
      }))
    )
}

/** Takes it. */
export const ok = (response: ServerResponse): void => {
  response.setHeader("content-type", "application/json").end("{}")
}

/** A collector for as long as the scope is open. */
export const collector = (answer: Answer) =>
  Effect.acquireRelease(
    Effect.async<Collector>((resume) => {
      const requests: Array<Received> = []
      const sockets = new Set<Socket>()
      const server = createServer((request, response) => {
        let body = ""
        request.on("data", (part) => (body += String(part)))
        request.on("end", () => {
          const received = { headers: request.headers, body, points: pointsOf(body) }
          requests.push(received)
          answer(response, received, requests.length - 1)
        })
      })
      server.on("connection", (socket) => {
        sockets.add(socket)
        socket.on("error", () => {})
        socket.on("close", () => sockets.delete(socket))
      })
      server.listen(0, "127.0.0.1", () => {
        const { port } = server.address() as AddressInfo
        resume(Effect.succeed({ url: `http://127.0.0.1:${port}/v1/metrics`, requests, server, sockets }))
      })
    }),
    ({ server, sockets }) =>
      Effect.sync(() => {
        server.close()
        sockets.forEach((socket) => socket.destroy())
      })
  )
