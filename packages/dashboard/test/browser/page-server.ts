/** Serves the built page as a server does, with its content security policy, and the events of a program. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import type { Tick } from "../../src/protocol/live.ts"
import { buildPage, strictHeaders as headers } from "./built-page.ts"
import { detailOf, type Program, stateOf, tickOf } from "./programs.ts"

/** A server that can be shown another program, stopped and started again. */
export interface PageServer {
  readonly url: string
  /** Shows another program, as a server that was started again. */
  readonly show: (program: Program) => void
  /** Sends what the next second brings, now, and what is given in place of some of it. */
  readonly tick: (more?: Partial<Tick>) => void
  /** Ends all connections and refuses new ones, as a server that is gone. */
  readonly stop: () => void
  readonly start: () => void
  readonly close: () => Promise<void>
}

export interface PageServerOptions {
  readonly program: Program
  readonly setup?: ReadonlyArray<string>
  readonly port?: number
}

const setupLines = [
  "OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318",
  "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf",
  "OTEL_METRIC_EXPORT_INTERVAL=1000"
]

export const servePage = async (options: PageServerOptions): Promise<PageServer> => {
  const files = await buildPage()
  const clients = new Set<ServerResponse>()
  let program = options.program
  let at = 1
  let isStopped = false
  const send = (client: ServerResponse, event: string, data: unknown) =>
    client.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
  const tick = (more: Partial<Tick> = {}): void => {
    at++
    if (clients.size > 0) {
      const text = `event: tick\ndata: ${JSON.stringify({ ...tickOf(program, at, false), ...more })}\n\n`
      clients.forEach((client) => client.write(text))
    }
  }
  const timer = setInterval(() => tick(), 1000)

  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const url = new URL(request.url ?? "/", "http://localhost")
    const json = (data: unknown, status = 200): void => {
      response.writeHead(status, { ...headers, "content-type": "application/json" }).end(JSON.stringify(data))
    }
    if (isStopped) {
      request.socket.destroy()
    } else if (url.pathname === "/live") {
      response.writeHead(200, { ...headers, "content-type": "text/event-stream", "cache-control": "no-store" })
      clients.add(response)
      response.on("close", () => clients.delete(response))
      send(response, "state", stateOf(program, at))
    } else if (url.pathname === "/live/metric") {
      const detail = detailOf(program, url.searchParams.get("name") ?? "", at)
      json(detail ?? { message: "There is no such metric." }, detail === undefined ? 404 : 200)
    } else if (url.pathname === "/config.json") {
      json({ hasMetrics: true, hasJobs: false, setup: options.setup ?? setupLines })
    } else {
      const file = files.get(url.pathname === "/" ? "index.html" : url.pathname.slice(1))
      if (file === undefined) {
        json({ message: "There is no such file." }, 404)
      } else {
        response.writeHead(200, { ...headers, "content-type": file.contentType }).end(file.body)
      }
    }
  }

  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, "127.0.0.1", resolve))
  const { port } = server.address() as AddressInfo
  const disconnect = (): void => clients.forEach((client) => client.destroy())
  return {
    url: `http://127.0.0.1:${port}/`,
    show: (other) => {
      program = other
      disconnect()
    },
    tick,
    stop: () => {
      isStopped = true
      disconnect()
    },
    start: () => {
      isStopped = false
    },
    close: async () => {
      clearInterval(timer)
      disconnect()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  }
}
