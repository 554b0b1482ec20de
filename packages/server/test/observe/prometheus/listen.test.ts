/** The server of the page: who may read it, how many at once, and for how long. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Agent, request } from "node:http"
import { connect, type Socket } from "node:net"
import { hostCheck } from "../../../src/observe/prometheus/host-names.ts"
import { listen, type ListenOptions } from "../../../src/observe/prometheus/listen.ts"
import type { PageFor } from "../../../src/observe/prometheus/page.ts"
import { eventually } from "../../support/eventually.ts"

const small: PageFor = () => ({ contentType: "text/plain", body: Stream.make("a 1\n") })

/** A page that goes on and on. */
const endless: PageFor = () => ({ contentType: "text/plain", body: Stream.repeatValue("x".repeat(65_536)) })

const served = (pageFor: PageFor, options: Partial<ListenOptions> = {}) =>
  listen(pageFor, { host: "127.0.0.1", port: 0, path: "/metrics", ...options })

const statusOf = (url: URL, host?: string) =>
  Effect.async<number | undefined>((resume) => {
    const headers = host === undefined ? {} : { host }
    const options = { host: "127.0.0.1", port: url.port, path: "/metrics", headers, agent: false }
    const sent = request(options, (response) => {
      resume(Effect.succeed(response.statusCode))
      sent.destroy()
    })
    sent.on("error", () => resume(Effect.succeed(undefined))).end()
  })

/** A scraper that asks and reads nothing. */
const deaf = (url: URL) => {
  const socket = connect(Number(url.port), "127.0.0.1", () => {
    socket.pause()
    socket.write("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
  })
  return socket.on("error", () => undefined)
}

/** Reads what is left of a page, until the other side closes the connection. */
const untilClosed = (socket: Socket) =>
  Effect.async<string>((resume) => {
    socket.once("close", () => resume(Effect.succeed("closed"))).resume()
  })

const local = ["localhost", "localhost:9464", "LOCALHOST", "127.0.0.1:1", "127.1.2.3", "[::1]:9464", "app.localhost"]
const foreign = [undefined, "", "rebound.test", "rebound.test:9464", "127.0.0.1.nip.io", "10.0.0.7", "0.0.0.0:9464"]

describe("the Host of a request", () => {
  const allowed = (check: (host: string | undefined) => boolean, hosts: ReadonlyArray<string | undefined>) =>
    hosts.filter(check)

  it("is a name of the loopback interface where that is bound, or one that is listed", () => {
    for (const address of ["127.0.0.1", "::1"]) {
      const check = hostCheck({ host: "localhost", address })
      expect(allowed(check, local)).toEqual(local)
      expect(allowed(check, foreign)).toEqual([])
      const named = hostCheck({ host: "localhost", address, names: ["Rebound.test"] })
      expect(allowed(named, local)).toEqual(local)
      expect(allowed(named, foreign)).toEqual(["rebound.test", "rebound.test:9464"])
    }
  })

  it("is any where all addresses are bound, unless names are listed", () => {
    for (const address of ["0.0.0.0", "::", "10.0.0.7"]) {
      const check = hostCheck({ host: address, address })
      expect(allowed(check, [...local, ...foreign])).toEqual([...local, ...foreign])
      const named = hostCheck({ host: "0.0.0.0", address: "0.0.0.0", names: ["10.0.0.7", "metrics.test"] })
      expect(allowed(named, ["10.0.0.7:9464", "metrics.test", "rebound.test", undefined])).toEqual([
        "10.0.0.7:9464",
        "metrics.test"
      ])
    }
  })

  it.scopedLive("that is foreign is answered with 403", () =>
    Effect.gen(function* () {
      const url = yield* served(small)
      expect(yield* Effect.forEach([undefined, ...local], (host) => statusOf(url, host))).toEqual(
        [undefined, ...local].map(() => 200)
      )
      const others = foreign.filter((host) => host !== undefined && host !== "")
      expect(yield* Effect.forEach(others, (host) => statusOf(url, host))).toEqual(others.map(() => 403))
      const everywhere = yield* served(small, { host: "0.0.0.0" })
      expect(yield* statusOf(everywhere, "rebound.test")).toBe(200)
      const listed = yield* served(small, { host: "0.0.0.0", names: ["10.0.0.7"] })
      expect(yield* statusOf(listed, "rebound.test")).toBe(403)
    })
  )
})

describe("scrapes", () => {
  it.scopedLive("are five at once, and more are told to come again", () =>
    Effect.gen(function* () {
      const url = yield* served(endless)
      const scrapers = Array.from({ length: 5 }, () => deaf(url))
      expect(yield* eventually(statusOf(url), (status) => status === 503)).toBe(503)
      scrapers.forEach((socket) => socket.destroy())
      expect(yield* eventually(statusOf(url), (status) => status === 200)).toBe(200)
    })
  )

  it.scopedLive("that are not read are cut, and make room for others", () =>
    Effect.gen(function* () {
      const url = yield* served(endless, { patience: { stall: "1 second", scrape: "1 minute" } })
      const scrapers = Array.from({ length: 5 }, () => deaf(url))
      expect(yield* eventually(statusOf(url), (status) => status === 503)).toBe(503)
      expect(yield* eventually(statusOf(url), (status) => status === 200)).toBe(200)
      expect(yield* Effect.forEach(scrapers, untilClosed)).toEqual(scrapers.map(() => "closed"))
    })
  )

  it.scopedLive("that are read slowly are cut too", () =>
    Effect.gen(function* () {
      const url = yield* served(endless, { patience: { stall: "1 minute", scrape: "300 millis" } })
      const read = yield* Effect.promise(() =>
        fetch(url).then((response) =>
          response.text().then(
            () => "to its end",
            () => "cut"
          )
        )
      )
      expect(read).toBe("cut")
    })
  )

  it.scopedLive("one after the other over one connection all have room", () =>
    Effect.gen(function* () {
      const url = yield* served(small)
      const agent = new Agent({ keepAlive: true, maxSockets: 1 })
      const one = Effect.async<number | undefined>((resume) => {
        request(url, { agent }, (response) => {
          response.resume().on("end", () => resume(Effect.succeed(response.statusCode)))
        }).end()
      })
      const statuses = yield* Effect.all(Array.from({ length: 20 }, () => one))
      agent.destroy()
      expect(statuses).toEqual(Array.from({ length: 20 }, () => 200))
    })
  )
})
