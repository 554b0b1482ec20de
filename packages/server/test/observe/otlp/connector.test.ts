/** Connections over TLS whose certificates are renewed: with which of them the next request goes out. */
import { describe, expect, it } from "@effect/vitest"
import { authority, contentsOf } from "@parametric-portal/receivers/authority"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import Fs from "node:fs"
import { Agent, createServer } from "node:https"
import { syncBuiltinESMExports } from "node:module"
import type { AddressInfo } from "node:net"
import Tls from "node:tls"
import { afterEach, vi } from "vitest"
import { loadTls } from "../../../src/observe/config/tls.ts"
import { makeConnection } from "../../../src/observe/otlp/connection.ts"
import { eventually } from "../../support/eventually.ts"
import { changes, contentOf, tlsCollector, tlsHome } from "./tls-collector.ts"

afterEach(() => {
  vi.restoreAllMocks()
  syncBuiltinESMExports()
})

const body = { bytes: Buffer.from("{}"), headers: {} }

/** A connection with the files of one authority, and what renews them and the collector to another one's. */
const connected = (agent?: Agent) =>
  Effect.gen(function* () {
    const [one, other] = [yield* authority("one"), yield* authority("other")]
    const { files, home } = yield* tlsHome(contentOf(one, one.issue("before")))
    const collector = yield* tlsCollector(one)
    const { tls } = yield* loadTls(files)
    const connection = yield* Effect.acquireRelease(
      Effect.sync(() => makeConnection({ url: collector.url, headers: {}, agent, tls, tlsFiles: files })),
      ({ close }) =>
        Effect.sync(() => {
          close("the test is over")
          agent?.destroy()
        })
    )
    const renewFiles = () => changes["renamed over"](home, contentOf(other, other.issue("after")))
    const renewCollector = () => collector.renew(other)
    const post = Effect.map(connection.post(body, 5_000), () => collector.requests.at(-1)?.client)
    return { collector, connection, post, renewCollector, renewFiles }
  })

const quiet = Effect.provide(Logger.remove(Logger.defaultLogger))

/** The files are looked at again so much later. */
const later = (ms: number) => {
  const now = performance.now.bind(performance)
  vi.spyOn(performance, "now").mockImplementation(() => now() + ms)
}

const agents = [
  ["an agent of its own", () => undefined],
  ["an agent of the user's", () => new Agent({ keepAlive: true })]
] as const

describe("a connection over TLS", () => {
  for (const [name, agentOf] of agents) {
    it.scopedLive(`is made with what the files hold now, by ${name}`, () =>
      Effect.gen(function* () {
        const { collector, post, renewCollector, renewFiles } = yield* connected(agentOf())
        expect(yield* post).toBe("before")
        renewFiles()
        renewCollector()
        collector.server.closeAllConnections()
        yield* eventually(collector.connections, (open) => open === 0)
        // Our side may not know yet that it is closed.
        expect(yield* Effect.retry(post, { times: 1 })).toBe("after")
      }).pipe(quiet)
    )

    it.scopedLive(`that is open is used for a few seconds after a change, and not for ever, by ${name}`, () =>
      Effect.gen(function* () {
        const { collector, post, renewCollector, renewFiles } = yield* connected(agentOf())
        expect(yield* post).toBe("before")
        renewFiles()
        renewCollector()
        expect(yield* post).toBe("before")
        later(6_000)
        expect(yield* post).toBe("after")
        if (name === "an agent of its own") {
          expect(yield* eventually(collector.connections, (open) => open === 1)).toBe(1)
        }
      }).pipe(quiet)
    )
  }

  for (const [name, agentOf] of agents) {
    it.scopedLive(`trusts what is named, also where another authority has signed it, by ${name}`, () =>
      Effect.gen(function* () {
        const own = yield* authority("own")
        const issued = own.issue("collector")
        const listening = createServer(contentsOf(issued), (_, response) => response.end())
        yield* Effect.acquireRelease(
          Effect.async<void>((resume) => void listening.listen(0, "127.0.0.1", () => resume(Effect.void))),
          () => Effect.sync(() => listening.close())
        )
        const { port } = listening.address() as AddressInfo
        const agent = agentOf()
        const tls = { ca: contentsOf(issued).cert }
        const connection = makeConnection({ url: new URL(`https://127.0.0.1:${port}`), headers: {}, agent, tls })
        expect((yield* connection.post(body, 5_000)).status).toBe(200)
        connection.close("the test is over")
        agent?.destroy()
      })
    )
  }

  it.scopedLive("is made with what the files hold now where an agent has connections to others", () =>
    Effect.gen(function* () {
      const agent = new Agent({ keepAlive: true })
      const { collector, post, renewCollector, renewFiles } = yield* connected(agent)
      const other = yield* connected(agent)
      expect(yield* post).toBe("before")
      expect(yield* other.post).toBe("before")
      renewFiles()
      renewCollector()
      collector.server.closeAllConnections()
      yield* eventually(collector.connections, (open) => open === 0)
      yield* eventually(
        Effect.sync(() => Object.keys(agent.freeSockets).length),
        (names) => names === 1
      )
      expect(yield* post).toBe("after")
    }).pipe(quiet)
  )

  it.scopedLive("does not parse its certificates again for each connection", () =>
    Effect.gen(function* () {
      const { collector, connection } = yield* connected()
      yield* connection.post(body, 5_000)
      const parsed = vi.spyOn(Tls, "createSecureContext")
      syncBuiltinESMExports()
      collector.server.on("request", (_, response) => response.setHeader("connection", "close"))
      yield* Effect.repeatN(connection.post(body, 5_000), 3)
      expect(yield* eventually(collector.connections, (open) => open === 0)).toBe(0)
      // Those of the files, which have just changed and so were read again.
      const ofConnections = parsed.mock.calls.filter(([options]) => options?.ca !== undefined)
      expect(ofConnections).toEqual([])
    }).pipe(quiet)
  )

  it.scopedLive("lets a request that is under way end when the files change", () =>
    Effect.gen(function* () {
      const { collector, connection, post, renewCollector, renewFiles } = yield* connected()
      collector.server.removeAllListeners("request")
      const waiting: Array<() => void> = []
      collector.server.on("request", (request, response) => {
        request.resume()
        waiting.push(() => response.end())
      })
      const slow = yield* Effect.fork(connection.post(body, 20_000))
      yield* eventually(
        Effect.sync(() => waiting.length),
        (count) => count === 1
      )
      renewFiles()
      renewCollector()
      const next = yield* Effect.fork(post)
      yield* eventually(
        Effect.sync(() => waiting.length),
        (count) => count === 2
      )
      waiting.forEach((answer) => answer())
      expect((yield* slow).status).toBe(200)
      yield* next
      expect(yield* eventually(collector.connections, (open) => open === 1)).toBe(1)
    }).pipe(quiet)
  )

  it.scopedLive("does not send what was given up while the files were looked at", () =>
    Effect.gen(function* () {
      const { collector, connection } = yield* connected()
      vi.spyOn(Fs.promises, "stat").mockReturnValue(new Promise(() => {}))
      const first = yield* Effect.fork(Effect.flip(connection.post(body, 5_000)))
      yield* Effect.sleep("50 millis")
      connection.giveUp("telemetry is ending")
      const { error, fate } = yield* first
      expect({ fate, message: error.message }).toEqual({ fate: "unsent", message: "telemetry is ending" })
      expect(collector.requests).toEqual([])
    }).pipe(quiet)
  )
})
