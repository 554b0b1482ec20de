/**
 * What a request to a small router costs its server in processor time, with the metrics of this library, with those of
 * OpenTelemetry's instrumentation, and with none. Each server is a process of its own; the client is this one.
 */
import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { connect } from "node:net"
import { fileURLToPath } from "node:url"
import { claim, inTurns, medians, pairedMicros, pairedRatio, type Result } from "./harness.ts"
import type { Answer } from "./http/server.ts"

const variants = ["plain", "ours", "otel"] as const
type Variant = (typeof variants)[number]
/** A process compiles and lays out its code in its own way, which moves its cost by a tenth: each variant has several. */
const generations = 5
const rounds = 8
const connections = 8
const requestsEach = 250

interface Server {
  readonly variant: Variant
  readonly child: ChildProcess
  readonly port: number
}

/** Measures the `http_*` figures. */
export const measure = async (): Promise<ReadonlyArray<Result>> => {
  const samples = new Map<Variant, Array<number>>(variants.map((variant) => [variant, []]))
  for (let generation = 0; generation < generations; generation++) {
    await measureGeneration(samples)
  }
  const ours = pairedMicros("http_server_us", samples, { of: ["ours"], to: ["plain"] })
  const otel = pairedMicros("http_otel_us", samples, { of: ["otel"], to: ["plain"] })
  return [
    pairedRatio("http_server_overhead", samples, { of: ["ours"], to: ["plain"] }),
    { name: "http_vs_otel", value: ours.value / otel.value, unit: "ratio", samples: ours.samples },
    ours,
    otel,
    ...medians("http", samples)
  ]
}

const measureGeneration = async (samples: ReadonlyMap<Variant, Array<number>>): Promise<void> => {
  const servers: Array<Server> = []
  for (const variant of variants) {
    servers.push(await start(variant))
  }
  for (let warmup = 0; warmup < 8; warmup++) {
    for (const server of servers) {
      await load(server.port)
    }
  }
  for (let round = 0; round < rounds; round++) {
    for (const server of inTurns(servers, round)) {
      const before = await ask(server)
      await load(server.port)
      const after = await ask(server)
      const requests = connections * requestsEach
      claim(`requests of ${server.variant}`, after.counted - before.counted, server.variant === "plain" ? 0 : requests)
      samples.get(server.variant)?.push(((after.micros - before.micros) * 1000) / requests)
    }
  }
  servers.forEach(({ child }) => child.disconnect())
}

const start = async (variant: Variant): Promise<Server> => {
  const child = fork(fileURLToPath(new URL("http/server.js", import.meta.url)), [variant])
  const [{ port }] = await once(child, "message")
  return { variant, child, port: Number(port) }
}

const ask = async ({ child }: Server): Promise<Answer> => {
  const answer = once(child, "message")
  child.send("now")
  const [{ counted, micros }] = await answer
  return { counted: Number(counted), micros: Number(micros) }
}

/** So many requests on each connection, one after the other. */
const load = async (port: number): Promise<void> => {
  await Promise.all(Array.from({ length: connections }, () => connection(port)))
}

const connection = (port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    let sent = 0
    const socket = connect(port, "127.0.0.1")
    const next = (): void => {
      if (sent === requestsEach) {
        socket.end()
        return
      }
      sent += 1
      socket.write(`GET /users/${sent} HTTP/1.1\r\nHost: x\r\n\r\n`)
    }
    socket.on("connect", next)
    // A response is small enough to arrive at once.
    socket.on("data", next)
    socket.on("error", reject)
    socket.on("close", () => resolve())
  })
