/** Files of certificates that change while a program runs: what is in use then, and what is said of it. */
import { describe, expect, it } from "@effect/vitest"
import { type Authority, authority } from "@parametric-portal/receivers/authority"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as GlobalValue from "effect/GlobalValue"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { execFileSync } from "node:child_process"
import Fs from "node:fs"
import { syncBuiltinESMExports } from "node:module"
import { inspect } from "node:util"
import { afterEach, vi } from "vitest"
import { loadTls, type TlsFiles } from "../../../src/observe/config/tls.ts"
import { MetricsService } from "../../../src/observe/metrics.ts"
import { RenewedTls, renewedTls } from "../../../src/observe/otlp/renewed-tls.ts"
import { Telemetry } from "../../../src/observe/telemetry.ts"
import { captureLog } from "./pipeline.ts"
import { changes, type Content, contentOf, tlsCollector, tlsHome } from "./tls-collector.ts"

afterEach(() => {
  vi.restoreAllMocks()
  syncBuiltinESMExports()
})

const readerOf = (files: TlsFiles) => Effect.map(loadTls(files), ({ tls }) => new RenewedTls(files, tls))

/** The contents of two authorities with a client each. */
const twoContents = Effect.gen(function* () {
  const [one, other] = [yield* authority("one"), yield* authority("other")]
  return { one, other, before: contentOf(one, one.issue("before")), after: contentOf(other, other.issue("after")) }
})

/** Files of the first content that are in use, what reads them again, and what is logged meanwhile. */
const inUse = Effect.gen(function* () {
  const contents = yield* twoContents
  const home = yield* tlsHome(contents.before)
  const { layer, lines } = captureLog()
  return { ...contents, ...home, layer, lines, reader: yield* readerOf(home.files) }
})

const same = (content: Content) => ({ ca: content.ca, cert: content.cert, key: content.key })

const all = "OTEL_EXPORTER_OTLP_CERTIFICATE, OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE, OTEL_EXPORTER_OTLP_CLIENT_KEY"

describe("files of TLS", () => {
  for (const [name, change] of Object.entries(changes)) {
    it.scoped(`are read again where they are ${name}, and this is said once`, () =>
      Effect.gen(function* () {
        const { after, before } = yield* twoContents
        const { files, home } = yield* tlsHome(before, change)
        const { layer, lines } = captureLog()
        const reader = yield* readerOf(files)
        yield* Effect.gen(function* () {
          const first = yield* reader.current(false)
          expect(first).toEqual(same(before))
          expect(yield* reader.current(false)).toBe(first)
          change(home, after)
          const second = yield* reader.current(false)
          expect(second).toEqual(same(after))
          expect(yield* reader.current(false)).toBe(second)
        }).pipe(Effect.provide(layer))
        expect(lines).toEqual([
          expect.stringMatching(
            `^INFO The files of ${all} have changed, and were read again; ` +
              "the client certificate is valid until 2\\d{3}-\\d\\d-\\d\\dT[\\d:]{8}Z$"
          )
        ])
      })
    )
  }

  const pem = "a file that holds certificates in PEM format, each of them whole"
  const readable = "the path of a file in PEM format that can be read"
  const own = "the private key of the first certificate in the file of OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE"
  const key = "a file that holds a private key in PEM format"
  type Broken = (file: (name: keyof Content) => string, after: Content) => void
  const broken: ReadonlyArray<readonly [string, option: string, expected: string, Broken]> = [
    ["gone", "CERTIFICATE", readable, (file) => Fs.rmSync(file("ca"))],
    ["cut", "CERTIFICATE", pem, (file, { ca }) => Fs.writeFileSync(file("ca"), ca.subarray(0, 100))],
    ["empty", "CLIENT_CERTIFICATE", pem, (file) => Fs.writeFileSync(file("cert"), "")],
    ["half a key", "CLIENT_KEY", key, (file, after) => Fs.writeFileSync(file("key"), after.key.subarray(0, 100))],
    ["a new certificate before its key", "CLIENT_KEY", own, (file, { cert }) => Fs.writeFileSync(file("cert"), cert)]
  ]

  it.scoped.each(broken)("that are %s leave those before in use, which is said once", ([, option, expected, spoil]) =>
    Effect.gen(function* () {
      const { after, file, home, layer, lines, reader } = yield* inUse
      yield* Effect.gen(function* () {
        const first = yield* reader.current(false)
        spoil(file, after)
        for (const isOpen of [false, false, true]) {
          expect(yield* reader.current(isOpen)).toBe(first)
        }
        expect(lines).toEqual([
          expect.stringMatching(
            `^WARN The file of OTEL_EXPORTER_OTLP_${option} has changed and can't be used, so what was read of ${all} ` +
              `before stays in use: given "[^"]*"(, which (holds|is) [^;]*)?; expected ${expected}$`
          )
        ])
        expect(lines.join()).not.toMatch(/BEGIN|\n/)
        changes["written in place"](home, after)
        expect(yield* reader.current(true)).toEqual(same(after))
      }).pipe(Effect.provide(layer))
      expect(lines.slice(1)).toEqual([expect.stringMatching(/^INFO .* were read again; /)])
    })
  )

  it.scoped("that are a pipe are not waited for", () =>
    Effect.gen(function* () {
      const { file, layer, lines, reader } = yield* inUse
      yield* Effect.gen(function* () {
        const first = yield* reader.current(false)
        Fs.rmSync(file("key"))
        execFileSync("mkfifo", [file("key")])
        expect(yield* reader.current(false)).toBe(first)
      }).pipe(Effect.provide(layer))
      expect(lines).toEqual([
        expect.stringMatching(/_CLIENT_KEY has changed and can't be used.*, which is a pipe or a device; expected/)
      ])
    })
  )

  it.scoped("that hold an expired certificate leave those before in use, which is said once", () =>
    Effect.gen(function* () {
      const { home, layer, lines, one, reader } = yield* inUse
      yield* Effect.gen(function* () {
        const first = yield* reader.current(false)
        const old = one.issue("after", { from: "20250101000000Z", to: "20250201000000Z" })
        changes["renamed over"](home, contentOf(one, old))
        for (let times = 0; times < 3; times += 1) {
          expect(yield* reader.current(false)).toBe(first)
        }
      }).pipe(Effect.provide(layer))
      expect(lines).toEqual([
        expect.stringMatching(
          /_CLIENT_CERTIFICATE has changed and can't be used.*, which expired at 2025-02-01T00:00:00Z;/
        )
      ])
    })
  )

  it.scoped("that stay broken are said again a day later, as those before expire one day", () =>
    Effect.gen(function* () {
      const { file, layer, lines, reader } = yield* inUse
      const started = performance.now()
      const clock = vi.spyOn(performance, "now")
      yield* Effect.gen(function* () {
        Fs.writeFileSync(file("cert"), "broken")
        for (const hours of [0, 23, 25, 47, 50]) {
          clock.mockImplementation(() => started + hours * 3_600_000)
          yield* reader.current(false)
        }
      }).pipe(Effect.provide(layer))
      expect(lines.map((line) => line.slice(0, 4))).toEqual(["WARN", "WARN", "WARN"])
    })
  )

  it.scoped("that are broken twice are said twice, and that they are right again", () =>
    Effect.gen(function* () {
      const { before, file, layer, lines, reader } = yield* inUse
      yield* Effect.gen(function* () {
        const first = yield* reader.current(false)
        for (const text of ["broken", "broken otherwise"]) {
          Fs.writeFileSync(file("cert"), text)
          yield* reader.current(false)
          yield* reader.current(false)
        }
        Fs.writeFileSync(file("cert"), before.cert)
        // The same as before: connections that are open may stay.
        expect(yield* reader.current(false)).toBe(first)
      }).pipe(Effect.provide(layer))
      expect(lines.map((line) => line.slice(0, 4))).toEqual(["WARN", "WARN", "INFO"])
    })
  )

  it.scoped("are not read while nothing changes, and not looked at while a connection is open", () =>
    Effect.gen(function* () {
      const { after, before } = yield* twoContents
      const { files, home } = yield* tlsHome(before)
      const reader = yield* readerOf(files)
      const [atWall, atStart] = [Date.now() + 60_000, performance.now()]
      vi.spyOn(Date, "now").mockImplementation(() => atWall)
      const clock = vi.spyOn(performance, "now").mockImplementation(() => atStart)
      yield* reader.current(false)
      const [reads, looks] = [vi.spyOn(Fs, "readFileSync"), vi.spyOn(Fs.promises, "stat")]
      syncBuiltinESMExports()
      yield* reader.current(false)
      expect([reads.mock.calls.length, looks.mock.calls.length]).toEqual([0, 3])
      clock.mockImplementation(() => atStart + 4_900)
      yield* reader.current(true)
      expect([reads.mock.calls.length, looks.mock.calls.length]).toEqual([0, 3])
      clock.mockImplementation(() => atStart + 5_100)
      yield* reader.current(true)
      expect([reads.mock.calls.length, looks.mock.calls.length]).toEqual([0, 6])
      changes["written in place"](home, after)
      expect(yield* reader.current(false)).toEqual(same(after))
    })
  )

  it.scoped("are read again where they have just changed, as a second change may leave no trace", () =>
    Effect.gen(function* () {
      const { before } = yield* twoContents
      const { files } = yield* tlsHome(before)
      const reader = yield* readerOf(files)
      yield* reader.current(false)
      const reads = vi.spyOn(Fs, "readFileSync")
      syncBuiltinESMExports()
      yield* reader.current(false)
      expect(reads.mock.calls.length).toBe(3)
    })
  )

  it.scopedLive("on a file system that hangs hold up one request for a second, and no other", () =>
    Effect.gen(function* () {
      const { before } = yield* twoContents
      const { files } = yield* tlsHome(before)
      const reader = yield* readerOf(files)
      const first = yield* reader.current(false)
      vi.spyOn(Fs.promises, "stat").mockReturnValue(new Promise(() => {}))
      const began = performance.now()
      expect(yield* reader.current(false)).toBe(first)
      expect(performance.now() - began).toBeGreaterThan(900)
      const again = performance.now()
      expect(yield* reader.current(false)).toBe(first)
      expect(performance.now() - again).toBeLessThan(500)
    })
  )

  it.scoped("have one reader in a process, by their variables, paths and passphrase", () =>
    Effect.gen(function* () {
      const { before } = yield* twoContents
      const { files } = yield* tlsHome(before)
      const one = renewedTls(files, {})
      expect(renewedTls({ ...files }, {})).toBe(one)
      expect(renewedTls({ ...files, authority: undefined }, {})).not.toBe(one)
      const { client } = files
      const key = { ...client.key, name: "OTEL_EXPORTER_OTLP_LOGS_CLIENT_KEY" }
      expect(renewedTls({ ...files, client: { ...client, key } }, {})).not.toBe(one)
      const withPassphrase = () => ({ ...files, client: { ...client, passphrase: Redacted.make("top secret") } })
      const locked = renewedTls(withPassphrase(), {})
      expect(locked).not.toBe(one)
      expect(renewedTls(withPassphrase(), {})).toBe(locked)
    })
  )

  it.scoped("leave no passphrase in what the process keeps of them", () =>
    Effect.gen(function* () {
      const { before } = yield* twoContents
      const { files } = yield* tlsHome(before)
      const { client } = files
      renewedTls({ ...files, client: { ...client, passphrase: Redacted.make("top secret") } }, {})
      const readers = GlobalValue.globalValue(Symbol.for("@parametric-portal/server/tls"), () => new Map())
      expect(readers.size).toBeGreaterThan(0)
      expect(inspect(readers, { depth: 9, maxStringLength: null })).not.toContain("top secret")
    })
  )
})

describe("a client certificate and an authority that are renewed while a program runs", () => {
  /** Exports one of each signal, and returns the names in the certificates that the collector was shown. */
  const exportAll = Effect.gen(function* () {
    const { jobs } = yield* MetricsService
    yield* MetricsService.inc(jobs.enqueued, { job_type: "renewed" })
    yield* Effect.withSpan(Effect.logInfo("a line"), "a span")
    return (yield* Telemetry.flush).flatMap(({ failures }) => failures)
  })

  const telemetry = ({ url }: { readonly url: URL }) => {
    const to = (signal: string) => ({ url: new URL(`/v1/${signal}`, url).href })
    const records = { exporter: "otlp", scheduleDelay: "1 hour" } as const
    return Telemetry.layer({
      interval: "1 hour",
      shutdownTimeout: "3 seconds",
      registries: "own",
      destinations: [{ type: "otlp", ...to("metrics") }],
      traces: { ...records, ...to("traces") },
      logs: { ...records, ...to("logs") }
    }).pipe(Layer.provideMerge(MetricsService.layer({ registry: "own" })))
  }

  const paths = ["/v1/logs", "/v1/metrics", "/v1/traces"]

  const renew = (collector: { readonly renew: (authority: Authority) => void }, to: Authority) =>
    Effect.sync(() => collector.renew(to))

  it.scopedLive("are used by all three signals, and said once", () =>
    Effect.gen(function* () {
      const { after, before, one, other } = yield* twoContents
      const { home, variables } = yield* tlsHome(before, changes.Kubernetes)
      const collector = yield* tlsCollector(one)
      const { layer, lines } = captureLog()
      // Log lines in two requests at most: what is said of the change is a line as well.
      const shown = () =>
        Array.from(new Set(collector.requests.splice(0).map(({ client, path }) => `${path} ${client}`))).sort()
      yield* Effect.gen(function* () {
        expect(yield* exportAll).toEqual([])
        expect(shown()).toEqual(paths.map((path) => `${path} before`))
        changes.Kubernetes(home, after)
        yield* renew(collector, other)
        collector.server.closeAllConnections()
        expect(yield* exportAll).toEqual([])
        expect(shown()).toEqual(paths.map((path) => `${path} after`))
      }).pipe(
        Effect.provide(Layer.provideMerge(telemetry(collector), layer)),
        Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(variables))))
      )
      expect(lines.filter((line) => line.includes("read again"))).toHaveLength(1)
      expect(lines.filter((line) => line.startsWith("WARN"))).toEqual([])
    })
  )
})
