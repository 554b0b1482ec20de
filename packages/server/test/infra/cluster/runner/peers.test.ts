/** Who may send to a runner: its peers, and no web page, whatever the transport. */
import * as MessageStorage from "@effect/cluster/MessageStorage"
import { RunnerAddress } from "@effect/cluster/RunnerAddress"
import type * as Runners from "@effect/cluster/Runners"
import * as RunnerStorage from "@effect/cluster/RunnerStorage"
import type * as Sharding from "@effect/cluster/Sharding"
import { describe, expect, it } from "@effect/vitest"
import { Cause, Effect, Exit, Layer, Logger, Option, Redacted } from "effect"
import { request as httpRequest } from "node:http"
import { connect } from "node:net"
import { freePort } from "../../../../../../vitest.ports.ts"
import { type ClusterSecret, NodeClusterHttp, NodeClusterSocket } from "../../../../src/infra/cluster.ts"
import type { MetricsService } from "../../../../src/observe/metrics.ts"
import * as Testing from "../../../../src/observe/testing.ts"
import { Echo, echoLive } from "./echo.ts"

interface RunnerOptions {
  readonly port: number
  readonly clusterSecret?: ClusterSecret
  readonly clientOnly?: boolean
  readonly host?: string
}

const transports = ["socket", "http", "websocket"] as const
type Transport = (typeof transports)[number]

type Runner = Layer.Layer<
  Sharding.Sharding | Runners.Runners,
  unknown,
  MetricsService | MessageStorage.MessageStorage | RunnerStorage.RunnerStorage
>

const runner = (
  transport: Transport,
  { clientOnly = false, clusterSecret, host = "127.0.0.1", port }: RunnerOptions
): Runner => {
  const options = {
    storage: "byo",
    clientOnly,
    clusterSecret,
    serialization: "ndjson",
    shardingConfig: {
      shardsPerGroup: 2,
      refreshAssignmentsInterval: "100 millis",
      entityTerminationTimeout: 0,
      sendRetryInterval: "50 millis",
      runnerAddress: Option.some(RunnerAddress.make({ host: "127.0.0.1", port })),
      runnerListenAddress: Option.some(RunnerAddress.make({ host, port }))
    }
  } as const
  return transport === "socket" ? NodeClusterSocket.layer(options) : NodeClusterHttp.layer({ transport, ...options })
}

/** The lines that are logged, in place of the usual logger. */
const logTo = (lines: Array<string>) =>
  Logger.replace(
    Logger.defaultLogger,
    Logger.make(({ message }) => void lines.push([message].flat().map(String).join(" ")))
  )

const refusals = (lines: ReadonlyArray<string>) => lines.filter((line) => line.includes("was refused"))

/** A runner that listens, and the lines that it logs. */
const started = (transport: Transport, options: Omit<RunnerOptions, "port"> = {}) =>
  Effect.gen(function* () {
    const port = yield* Effect.promise(freePort)
    const lines: Array<string> = []
    const storages = Layer.merge(
      Layer.succeed(RunnerStorage.RunnerStorage, yield* RunnerStorage.makeMemory),
      MessageStorage.layerNoop
    )
    const live = echoLive.pipe(
      Layer.provideMerge(runner(transport, { port, ...options })),
      Layer.provide(storages),
      Layer.provide(logTo(lines))
    )
    yield* Layer.build(live)
    const say = (given: ClusterSecret | undefined) =>
      Effect.flatMap(
        Layer.build(
          runner(transport, { port, clientOnly: true, ...(given === undefined ? {} : { clusterSecret: given }) }).pipe(
            Layer.provide(storages),
            Layer.provide(logTo([]))
          )
        ),
        (client) =>
          Effect.provide(
            Effect.flatMap(Echo.client, (clientOf) => clientOf("one").Say({ text: "hi" })),
            client
          )
      )
    return { port, lines, say }
  })

const ping = `${JSON.stringify({ _tag: "Request", id: "1", tag: "Ping", payload: null, headers: [] })}\n`

interface Answer {
  readonly status: number | undefined
  readonly text: string
}

const send = (port: number, method: string, headers: Record<string, string>) =>
  Effect.async<Answer>((resume) => {
    const sent = httpRequest({ port, host: "127.0.0.1", method, headers, agent: false }, (response) => {
      let text = ""
      response.on("data", (part: Buffer) => (text += part.toString()))
      response.on("end", () => resume(Effect.succeed({ status: response.statusCode, text })))
    })
    sent.on("upgrade", (response, socket) => {
      socket.destroy()
      resume(Effect.succeed({ status: response.statusCode, text: "" }))
    })
    sent.on("error", (error) => resume(Effect.succeed({ status: undefined, text: error.message })))
    sent.end(method === "POST" ? ping : undefined)
  })

/** What comes back on a connection until the other side closes it. */
const sendRaw = (port: number, text: string) =>
  Effect.async<string>((resume) => {
    let answer = ""
    const socket = connect(port, "127.0.0.1", () => socket.write(text))
    socket.on("data", (part) => (answer += part.toString()))
    socket.on("error", () => undefined)
    socket.on("close", () => resume(Effect.succeed(answer)))
    return Effect.sync(() => socket.destroy())
  })

/** A request without a body, byte by byte. */
const asked = (headers: Record<string, string>, method = "GET") => {
  const lines = Object.entries({ host: "127.0.0.1", ...headers }).map(([name, value]) => `${name}: ${value}\r\n`)
  return `${method} / HTTP/1.1\r\n${lines.join("")}\r\n`
}

/** Sends a text, and resets the connection some milliseconds later. */
const resetAfter = (port: number, text: string, millis: number) =>
  Effect.async<void>((resume) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.write(text)
      setTimeout(() => socket.resetAndDestroy(), millis)
    })
    socket.on("error", () => undefined).on("close", () => resume(Effect.void))
  })

/** What comes back on a connection that this side never ends, until the other side takes no more of it. */
const untilReset = (port: number, text: string) =>
  Effect.async<string>((resume) => {
    let answer = ""
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true }, () => socket.write(text))
    const more = setInterval(() => socket.write("1\r\nx\r\n"), 50)
    socket.on("data", (part) => (answer += part.toString())).on("error", () => undefined)
    socket.on("close", () => {
      clearInterval(more)
      resume(Effect.succeed(answer))
    })
    return Effect.sync(() => socket.destroy())
  })

const upgrade = {
  connection: "Upgrade",
  upgrade: "websocket",
  "sec-websocket-version": "13",
  "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA=="
}

const browser: ReadonlyArray<Record<string, string>> = [
  { origin: "http://evil.test" },
  { origin: "null" },
  { "sec-fetch-site": "cross-site" },
  { "sec-fetch-mode": "no-cors" },
  { "sec-fetch-dest": "empty" },
  { host: "rebound.test" },
  { host: "rebound.test:80" },
  { host: "127.0.0.1.nip.io" }
]

const run = { timeout: 30_000 }

describe("a runner", run, () => {
  for (const transport of transports) {
    it.scopedLive(`over ${transport} takes messages of peers that have its secret`, () =>
      Effect.gen(function* () {
        const { lines, say } = yield* started(transport, { clusterSecret: Redacted.make("of all") })
        expect(yield* say("of all")).toBe("HI")
        expect(refusals(lines)).toEqual([])
      }).pipe(Effect.provide(Testing.layer()))
    )

    it.scopedLive(`over ${transport} refuses peers that have another secret or none, with one line`, () =>
      Effect.gen(function* () {
        const { lines, say } = yield* started(transport, { clusterSecret: "of all" })
        for (const other of ["of others", undefined]) {
          const exit = yield* Effect.exit(Effect.timeout(Effect.sandbox(say(other)), "1 second"))
          expect(Exit.isFailure(exit)).toBe(true)
        }
        const line = "A peer at 127.0.0.1 was refused: its clusterSecret is not the one of this runner"
        expect(refusals(lines).map((one) => one.replace("::ffff:", ""))).toEqual([line])
        expect(lines.join("\n")).not.toContain("of all")
        expect(yield* say("of all")).toBe("HI")
      }).pipe(Effect.provide(Testing.layer()))
    )

    it.scopedLive(`over ${transport} has a secret if others can reach it, or does not start`, () =>
      Effect.gen(function* () {
        for (const host of ["0.0.0.0", "::", "127.0.0.1.nip.io"]) {
          for (const clusterSecret of ["", " \n", undefined]) {
            const secret = clusterSecret === undefined ? {} : { clusterSecret }
            const exit = yield* Effect.exit(Effect.scoped(started(transport, { host, ...secret })))
            expect(String(Exit.isFailure(exit) ? Cause.squash(exit.cause) : exit)).toContain("clusterSecret")
          }
        }
        const { say } = yield* started(transport, { host: "0.0.0.0", clusterSecret: "of all" })
        expect(yield* say("of all")).toBe("HI")
      }).pipe(Effect.provide(Testing.layer()))
    )
  }

  it.scopedLive("over http answers a peer, and refuses what a browser sends", () =>
    Effect.gen(function* () {
      const { lines, port } = yield* started("http")
      const answer = yield* send(port, "POST", { "content-type": "application/ndjson" })
      expect(answer).toMatchObject({ status: 200, text: expect.stringContaining('"_tag":"Exit"') })
      for (const headers of browser) {
        expect(yield* send(port, "POST", { "content-type": "text/plain", ...headers })).toEqual({
          status: 403,
          text: ""
        })
      }
      expect(refusals(lines).length).toBe(2)
    }).pipe(Effect.provide(Testing.layer()))
  )

  it.scopedLive("over web sockets is upgraded for a peer, and not for a browser", () =>
    Effect.gen(function* () {
      const { port } = yield* started("websocket")
      expect((yield* send(port, "GET", upgrade)).status).toBe(101)
      // The web sockets of Node 22 send this header, and none of the others.
      expect((yield* send(port, "GET", { ...upgrade, "sec-fetch-mode": "websocket" })).status).toBe(101)
      for (const headers of browser) {
        expect((yield* send(port, "GET", { ...upgrade, ...headers })).status).toBe(403)
      }
    }).pipe(Effect.provide(Testing.layer()))
  )

  for (const transport of ["http", "websocket"] as const) {
    it.scopedLive(`over ${transport} outlives a stranger that asks for an upgrade and resets, and says so once`, () =>
      Effect.gen(function* () {
        const { lines, port, say } = yield* started(transport, { clusterSecret: "of all" })
        for (let round = 0; round < 20; round++) {
          yield* resetAfter(port, asked(upgrade), round % 5)
        }
        // A connection that is gone already has no address.
        const said = lines.filter((line) => /refused|HTTP/.test(line)).map((line) => line.replace(/ at .* was/, ""))
        expect(new Set(said)).toEqual(new Set(["A peer refused: its clusterSecret is not the one of this runner"]))
        expect(said.length).toBeLessThanOrEqual(2)
        expect(yield* say("of all")).toBe("HI")
      }).pipe(Effect.provide(Testing.layer()))
    )

    it.scopedLive(`over ${transport} closes the connection of whom it refused, whether he does or not`, () =>
      Effect.gen(function* () {
        const { port } = yield* started(transport, { clusterSecret: "of all" })
        const endless = { "transfer-encoding": "chunked" }
        for (const [method, headers] of [["GET", upgrade] as const, ["POST", endless] as const]) {
          expect(yield* untilReset(port, asked(headers, method))).toContain("403 Forbidden")
        }
      }).pipe(Effect.provide(Testing.layer()))
    )
  }

  it.scopedLive("over sockets reads nothing of a connection that did not greet", () =>
    Effect.gen(function* () {
      const { lines, port } = yield* started("socket")
      const http = `POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: ${ping.length}\r\n\r\n`
      for (const bytes of [
        `${http}${ping}`,
        ping,
        "\n",
        "\r\n\r\n",
        "x".repeat(1_000),
        `@effect/cluster peer\n${ping}`
      ]) {
        expect(yield* sendRaw(port, bytes)).toBe("")
      }
      const greeting = "@effect/cluster peer none\n"
      const greeted = yield* Effect.fork(sendRaw(port, `${greeting}${ping}`))
      expect(yield* Effect.timeoutOption(greeted, "300 millis")).toEqual(Option.none())
      expect(refusals(lines)).toEqual([expect.stringContaining("is not from a runner or a client of this version")])
    }).pipe(Effect.provide(Testing.layer()))
  )

  it.scopedLive("over sockets closes a connection that says nothing", () =>
    Effect.gen(function* () {
      const { lines, port } = yield* started("socket")
      expect(yield* sendRaw(port, "@effect/clus")).toBe("")
      expect(refusals(lines)).toEqual([expect.stringContaining("it sent nothing")])
    }).pipe(Effect.provide(Testing.layer()))
  )
})
