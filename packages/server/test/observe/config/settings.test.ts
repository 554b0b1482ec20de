/** Every setting: what the variables and options come to, and what a malformed one says. */
import { describe, expect, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import { urlToHttpOptions } from "node:url"
import { MetricsService } from "../../../src/observe/metrics.ts"
import {
  type DestinationOptions,
  Telemetry,
  type TelemetryOptions,
  OptionsError
} from "../../../src/observe/telemetry.ts"
import { resourceAttributes } from "../../../src/observe/config/resource.ts"
import { settingsOf } from "../../../src/observe/config/settings.ts"

const withVariables = (variables: Record<string, string>) =>
  Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(variables))))

const settings = (variables: Record<string, string>, options: TelemetryOptions = {}) =>
  withVariables(variables)(settingsOf(options))

const otlp = (variables: Record<string, string>, options: TelemetryOptions = {}) =>
  Effect.map(settings(variables, options), ({ destinations: [first] }) => (first?.type === "otlp" ? first : undefined))

const plain = {
  type: "otlp",
  url: new URL("http://localhost:4318/v1/metrics"),
  isAssumed: true,
  headers: {},
  protocol: "http/protobuf",
  compression: "none",
  temporality: "cumulative",
  timeoutMs: 10_000,
  maxRetryAfterMs: 300_000,
  maxRequestBytes: 1_048_576,
  agent: undefined,
  tls: {}
}

describe("settings", () => {
  it.effect("are those of the specification when nothing is set, and when a variable is empty", () =>
    Effect.gen(function* () {
      const expected = { destinations: [plain], intervalMs: 60_000, shutdownMs: 5_000, maxPoints: 5_000 }
      expect(yield* settings({})).toEqual(expected)
      const empty = { OTEL_METRIC_EXPORT_INTERVAL: "", OTEL_EXPORTER_OTLP_ENDPOINT: " ", OTEL_METRICS_EXPORTER: "" }
      expect(yield* settings(empty)).toEqual(expected)
    })
  )

  it.effect("are the same with every option undefined, such as a variable that is not set", () =>
    Effect.gen(function* () {
      const undefinedOtlp = {
        type: "otlp",
        url: undefined,
        headers: undefined,
        protocol: undefined,
        compression: undefined,
        timeout: undefined,
        maxRetryAfter: undefined,
        maxRequestBytes: undefined,
        agent: undefined,
        clientKeyPassphrase: undefined,
        temporality: undefined
      } as const
      const page = { type: "prometheus", host: undefined, port: undefined, names: undefined } as const
      const rest = { interval: undefined, shutdownTimeout: undefined, maxPoints: undefined, registries: undefined }
      const given = yield* settings({}, { ...rest, destinations: [undefinedOtlp, page] })
      expect(given).toEqual(yield* settings({}, { destinations: [{ type: "otlp" }, { type: "prometheus" }] }))
      expect(yield* settings({}, { destinations: undefined })).toEqual(yield* settings({}))
    })
  )

  it.effect("have no attribute of the resource that is undefined, and none that it would hide", () =>
    Effect.gen(function* () {
      const variables = withVariables({ OTEL_RESOURCE_ATTRIBUTES: "team=mail" })
      const attributes = yield* variables(
        resourceAttributes({ serviceName: undefined, resource: { team: undefined, tier: "one", zone: undefined } })
      )
      expect(attributes).toMatchObject({ "service.name": "unknown_service:node", team: "mail", tier: "one" })
      expect(Object.keys(attributes)).not.toContain("zone")
    })
  )

  it.effect("assume the address only where neither a variable nor an option gives it", () =>
    Effect.gen(function* () {
      const url = "http://localhost:4318"
      const isAssumed = (variables: Record<string, string>, options?: TelemetryOptions) =>
        Effect.map(otlp(variables, options), (found) => found?.isAssumed)
      expect(yield* isAssumed({})).toBe(true)
      expect(yield* isAssumed({ OTEL_EXPORTER_OTLP_ENDPOINT: url })).toBe(false)
      expect(yield* isAssumed({ OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: url })).toBe(false)
      expect(yield* isAssumed({}, { destinations: [{ type: "otlp", url }] })).toBe(false)
    })
  )

  it.effect("add the path to the endpoint of all signals, and take that of metrics as it is", () =>
    Effect.gen(function* () {
      const url = (variables: Record<string, string>) => Effect.map(otlp(variables), (it) => it?.url.href)
      expect(yield* url({ OTEL_EXPORTER_OTLP_ENDPOINT: "http://c:1/base/" })).toBe("http://c:1/base/v1/metrics")
      expect(yield* url({ OTEL_EXPORTER_OTLP_ENDPOINT: "https://c" })).toBe("https://c/v1/metrics")
      const both = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://c:1", OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: "http://d:2/x" }
      expect(yield* url(both)).toBe("http://d:2/x")
      expect((yield* otlp(both, { destinations: [{ type: "otlp", url: "http://e/y" }] }))?.url.href).toBe("http://e/y")
    })
  )

  it.effect("add the path to an endpoint that ends in slashes, however many", () =>
    Effect.gen(function* () {
      for (const slashes of ["/", "//", "///", "/////"]) {
        for (const base of ["http://c:1", "http://c:1/base", "http://c:1//base"]) {
          const it = yield* otlp({ OTEL_EXPORTER_OTLP_ENDPOINT: base + slashes })
          expect(it?.url.href).toBe(`${base}/v1/metrics`)
        }
      }
    })
  )

  it.effect("merge headers without regard to case: an option wins over a variable, and metrics over all signals", () =>
    Effect.gen(function* () {
      const variables = {
        OTEL_EXPORTER_OTLP_HEADERS: "Authorization=all,X-Tenant=all,x-tenant=again,x-all=1",
        OTEL_EXPORTER_OTLP_METRICS_HEADERS: "AUTHORIZATION=metrics"
      }
      expect((yield* otlp(variables))?.headers).toEqual({
        AUTHORIZATION: "metrics",
        "x-tenant": "again",
        "x-all": "1"
      })
      const headers = { authorization: "option", "X-ALL": "2" }
      expect((yield* otlp(variables, { destinations: [{ type: "otlp", headers }] }))?.headers).toEqual({
        authorization: "option",
        "x-tenant": "again",
        "X-ALL": "2"
      })
    })
  )

  it.effect("take a % of user and password that encodes nothing as it is", () =>
    Effect.gen(function* () {
      const cases = [
        ["http://me:pa%ss@c/", "me:pa%ss"],
        ["http://a%zz:100%@c/", "a%zz:100%"],
        ["http://me:p%40ss%@c/", "me:p@ss%"],
        ["http://me:%ff@c/", "me:%ff"],
        ["http://me:p%40ss@c/", "me:p@ss"]
      ]
      for (const [address, auth] of cases) {
        const { destinations } = yield* settings({ OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: address ?? "" })
        expect(destinations.map((one) => one.type === "otlp" && urlToHttpOptions(one.url).auth)).toEqual([auth])
      }
    })
  )

  it.effect("keep a header whose name every object has", () =>
    Effect.gen(function* () {
      const found = yield* otlp({ OTEL_EXPORTER_OTLP_HEADERS: "__proto__=a,constructor=b" })
      expect(Object.entries(found?.headers ?? {})).toEqual([
        ["__proto__", "a"],
        ["constructor", "b"]
      ])
      const headers = Object.fromEntries([["__proto__", "c"]])
      const option = yield* otlp({}, { destinations: [{ type: "otlp", headers }] })
      expect(Object.entries(option?.headers ?? {})).toEqual([["__proto__", "c"]])
    })
  )

  it.effect("let a variable of metrics win over that of all signals, and an option over both", () =>
    Effect.gen(function* () {
      const variables = {
        OTEL_EXPORTER_OTLP_HEADERS: "a=1,b=2%2C3",
        OTEL_EXPORTER_OTLP_METRICS_HEADERS: "a=9, c = 4",
        OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
        OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: "HTTP/protobuf",
        OTEL_EXPORTER_OTLP_COMPRESSION: "gzip",
        OTEL_EXPORTER_OTLP_TIMEOUT: "4000",
        OTEL_EXPORTER_OTLP_METRICS_TIMEOUT: "3000",
        OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: "LowMemory"
      }
      const expected = {
        ...plain,
        headers: { a: "9", b: "2,3", c: "4" },
        protocol: "http/protobuf",
        compression: "gzip",
        timeoutMs: 3_000,
        temporality: "lowmemory"
      }
      expect(yield* otlp(variables)).toEqual(expected)
      const option = {
        type: "otlp",
        protocol: "http/json",
        compression: "none",
        timeout: "1 second",
        temporality: "delta",
        headers: { d: "5" }
      } as const
      expect(yield* otlp(variables, { destinations: [option] })).toEqual({
        ...expected,
        headers: { a: "9", b: "2,3", c: "4", d: "5" },
        protocol: "http/json",
        compression: "none",
        timeoutMs: 1_000,
        temporality: "delta"
      })
    })
  )

  it.effect("shorten the default time limits where the interval is shorter than they are", () =>
    Effect.gen(function* () {
      expect((yield* otlp({ OTEL_METRIC_EXPORT_INTERVAL: "2000" }))?.timeoutMs).toBe(2_000)
      const both = { OTEL_METRIC_EXPORT_INTERVAL: "9000", OTEL_METRIC_EXPORT_TIMEOUT: "4000" }
      expect((yield* otlp(both))?.timeoutMs).toBe(4_000)
    })
  )

  it.effect("list the exporters, each once, or none", () =>
    Effect.gen(function* () {
      const types = (list: string) =>
        Effect.map(settings({ OTEL_METRICS_EXPORTER: list }), ({ destinations }) =>
          destinations.map(({ type }) => type)
        )
      expect(yield* types("console, otlp,Prometheus")).toEqual(["otlp", "prometheus", "console"])
      expect(yield* types("none")).toEqual([])
      const disabled = yield* settings({ OTEL_SDK_DISABLED: "True", OTEL_METRICS_EXPORTER: "otlp" })
      expect(disabled.destinations).toEqual([])
      // A certificate that has expired over night is not to stop it.
      const unread = { OTEL_SDK_DISABLED: "true", OTEL_EXPORTER_OTLP_CERTIFICATE: "/no/such/file" }
      expect((yield* settings(unread)).destinations).toEqual([])
      const page = { OTEL_METRICS_EXPORTER: "prometheus", OTEL_EXPORTER_PROMETHEUS_HOST: "0.0.0.0" }
      expect((yield* settings({ ...page, OTEL_EXPORTER_PROMETHEUS_PORT: "0" })).destinations).toEqual([
        { type: "prometheus", host: "0.0.0.0", port: 0 }
      ])
    })
  )
})

const milliseconds = "a whole number of milliseconds from 1 to 2147483647"
const address = "a URL that begins with http:// or https://"
const list = "key=value pairs separated by commas, with special characters percent-encoded"
const headerList = "name=value pairs separated by commas, with special characters percent-encoded"
const readable = "the path of a file in PEM format that can be read"
const exporters = "one or more of otlp, prometheus, console, separated by commas, or none"

const malformed: ReadonlyArray<readonly [variable: string, value: string, message: string]> = [
  ["OTEL_SDK_DISABLED", "yes", `"yes"; expected true, false`],
  ["OTEL_METRICS_EXPORTER", "statsd", `"statsd"; expected ${exporters}`],
  ["OTEL_METRICS_EXPORTER", "otlp,none", `"otlp,none"; expected ${exporters}`],
  ["OTEL_METRIC_EXPORT_INTERVAL", "0", `"0"; expected ${milliseconds}`],
  ["OTEL_METRIC_EXPORT_INTERVAL", "10s", `"10s"; expected ${milliseconds}`],
  ["OTEL_METRIC_EXPORT_INTERVAL", "-5", `"-5"; expected ${milliseconds}`],
  ["OTEL_METRIC_EXPORT_INTERVAL", "9999999999", `"9999999999"; expected ${milliseconds}`],
  ["OTEL_METRIC_EXPORT_TIMEOUT", "NaN", `"NaN"; expected ${milliseconds}`],
  [
    "OTEL_METRIC_EXPORT_TIMEOUT",
    "60001",
    `"60001"; expected at most the interval between two exports, which is 60000 milliseconds`
  ],
  ["OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4318", `"localhost:4318"; expected ${address}`],
  ["OTEL_EXPORTER_OTLP_ENDPOINT", "ftp://c", `"ftp://c"; expected ${address}`],
  ["OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:0", `"http://c:0"; expected ${address}`],
  ["OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://", `"http://"; expected ${address}`],
  ["OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "me:secret@c/?key=secret", `"***@c/?***"; expected ${address}`],
  ["OTEL_EXPORTER_OTLP_ENDPOINT", "ftp://user:se@cret@c", `"ftp://***@c"; expected ${address}`],
  ["OTEL_EXPORTER_OTLP_ENDPOINT", "http://me:se/cret@c", `"http://***@c"; expected ${address}`],
  ["OTEL_EXPORTER_OTLP_ENDPOINT", "ftp://me:se?cr#et@c/p?q", `"ftp://***@c/p?***"; expected ${address}`],
  ["OTEL_EXPORTER_OTLP_HEADERS", "authorization=secret%2", `(not shown); expected ${headerList}`],
  ["OTEL_EXPORTER_OTLP_HEADERS", "secret", `(not shown); expected ${headerList}`],
  ["OTEL_EXPORTER_OTLP_HEADERS", "a=secret%0A", `(not shown); expected ${headerList}`],
  ["OTEL_EXPORTER_OTLP_METRICS_HEADERS", "a b=secret", `(not shown); expected ${headerList}`],
  ["OTEL_EXPORTER_OTLP_PROTOCOL", "thrift", `"thrift"; expected grpc, http/json, http/protobuf`],
  ["OTEL_EXPORTER_OTLP_INSECURE", "yes", `"yes"; expected true, false`],
  ["OTEL_EXPORTER_OTLP_COMPRESSION", "zstd", `"zstd"; expected none, gzip`],
  ["OTEL_EXPORTER_OTLP_TIMEOUT", "1e3", `"1e3"; expected ${milliseconds}`],
  [
    "OTEL_EXPORTER_OTLP_METRICS_TIMEOUT",
    "60001",
    `"60001"; expected at most the interval between two exports, which is 60000 milliseconds`
  ],
  ["OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "both", `"both"; expected cumulative, delta, lowmemory`],
  [
    "OTEL_EXPORTER_OTLP_CERTIFICATE",
    "/no/such/file",
    `"/no/such/file", which is not there; expected the path of a file in PEM format that can be read`
  ],
  ["OTEL_RESOURCE_ATTRIBUTES", "service.name", `(not shown); expected ${list}`],
  ["OTEL_RESOURCE_ATTRIBUTES", "a=%zz", `(not shown); expected ${list}`],
  ["OTEL_RESOURCE_ATTRIBUTES", "api.key=%zz,token=secret", `(not shown); expected ${list}`],
  ["OTEL_RESOURCE_ATTRIBUTES", "secret", `(not shown); expected ${list}`],
  [
    "OTEL_RESOURCE_ATTRIBUTES",
    "a=1,__proto__=secret",
    `the key "__proto__"; expected keys that not every object of JavaScript has`
  ],
  [
    "OTEL_RESOURCE_ATTRIBUTES",
    "constructor=secret",
    `the key "constructor"; expected keys that not every object of JavaScript has`
  ],
  ["OTEL_EXPORTER_OTLP_ENDPOINT", "htp://c:1/v1/secret/metrics", `"htp://c:1/v1/***/metrics"; expected ${address}`],
  ["OTEL_EXPORTER_OTLP_ENDPOINT", "c:1/secret", `"c:1/***"; expected ${address}`],
  ["OTEL_EXPORTER_OTLP_ENDPOINT", "ftp:\\\\c\\secret", `(not shown); expected ${address}`],
  ["OTEL_EXPORTER_OTLP_ENDPOINT", "secret", `(not shown); expected ${address}`],
  ["OTEL_EXPORTER_OTLP_ENDPOINT", "Bearer secret", `(not shown); expected ${address}`],
  [
    "OTEL_EXPORTER_OTLP_CLIENT_KEY",
    "-----BEGIN PRIVATE KEY-----\nsecret",
    `(not shown), which is not there; expected ${readable}`
  ],
  [
    "OTEL_EXPORTER_OTLP_CLIENT_KEY",
    "MC4CAQAwBQYDK2VwBCIEIsecret",
    `(not shown), which is not there; expected ${readable}`
  ],
  ["OTEL_SDK_DISABLED", "constructor", `"constructor"; expected true, false`],
  ["OTEL_SDK_DISABLED", "__proto__", `"__proto__"; expected true, false`],
  ["OTEL_EXPORTER_OTLP_COMPRESSION", "a\u001b[31m\nb", `"a[31mb"; expected none, gzip`],
  ["OTEL_EXPORTER_OTLP_COMPRESSION", "x".repeat(9_999), `"${"x".repeat(120)}..."; expected none, gzip`],
  ["OTEL_TRACES_EXPORTER", "zipkin", `"zipkin"; expected one or more of otlp, console, separated by commas, or none`]
]

describe("a malformed variable", () => {
  for (const [name, value, message] of malformed) {
    it.effect(`${name}=${value} stops the start with its name, its value and what is allowed`, () =>
      Effect.gen(function* () {
        const start = Layer.build(Layer.provide(Telemetry.Default, MetricsService.layer({ registry: "own" })))
        const error = yield* Effect.scoped(start).pipe(withVariables({ [name]: value }), Effect.flip)
        expect(error).toBeInstanceOf(OptionsError)
        expect(error.message).toBe(`${name}: given ${message}. Use a valid value, or omit it.`)
      })
    )
  }

  it.effect("of the Prometheus page does so where the page is asked for", () =>
    Effect.gen(function* () {
      const variables = { OTEL_METRICS_EXPORTER: "prometheus", OTEL_EXPORTER_PROMETHEUS_PORT: "70000" }
      const error = yield* Effect.flip(settings(variables))
      expect(error.message).toBe(
        `OTEL_EXPORTER_PROMETHEUS_PORT: given "70000"; expected a port from 0 to 65535. Use a valid value, or omit it.`
      )
    })
  )
})

describe("a malformed option", () => {
  const bad: ReadonlyArray<readonly [string, TelemetryOptions]> = [
    ["interval", { interval: 0 }],
    ["interval", { interval: "Infinity millis" as "1 millis" }],
    ["shutdownTimeout", { shutdownTimeout: 0 }],
    ["maxPoints", { maxPoints: 0 }],
    ["maxPoints", { maxPoints: 1.5 }],
    ["url", { destinations: [{ type: "otlp", url: "collector" }] }],
    ["timeout", { interval: "1 second", destinations: [{ type: "otlp", timeout: "2 seconds" }] }],
    ["port", { destinations: [{ type: "prometheus", port: 70_000 }] }],
    ["port", { destinations: [{ type: "prometheus", port: -1 }] }],
    ["headers", { destinations: [{ type: "otlp", headers: { "bad name": "x" } }] }],
    ["headers", { destinations: [{ type: "otlp", headers: { name: "bad\nvalue" } }] }],
    // What JavaScript lets pass, such as a variable that is not set.
    ...[{}, { name: null }, { name: 5 }, { name: ["a", "b"] }].map((headers): readonly [string, TelemetryOptions] => [
      "headers",
      {
        destinations: [
          { type: "otlp", headers: Object.assign({ name: undefined }, JSON.parse(JSON.stringify(headers))) }
        ]
      }
    ])
  ]
  for (const [name, options] of bad) {
    it.effect(`${name} of ${JSON.stringify(options)} is an error that names it`, () =>
      Effect.gen(function* () {
        const exit = yield* Effect.exit(Effect.flip(settings({}, options)))
        expect(Exit.map(exit, ({ message }) => message.includes(name))).toEqual(Exit.succeed(true))
      })
    )
  }

  it.effect("says which destinations there are, where one is of another type", () =>
    Effect.gen(function* () {
      const options: TelemetryOptions = JSON.parse(`{ "destinations": [{ "type": "statsd", "url": "udp://host" }] }`)
      expect(yield* Effect.flip(settings({}, options))).toMatchObject({
        _tag: "OptionsError",
        option: "destinations of Telemetry.layer",
        given: `{"type":"statsd","url":"udp://host"}`
      })
    })
  )

  it.effect("says what is allowed, and shows no header", () =>
    Effect.gen(function* () {
      const messageOf = (destination: DestinationOptions) =>
        Effect.map(Effect.flip(settings({}, { destinations: [destination] })), ({ message }) => message)
      expect(yield* messageOf({ type: "prometheus", port: 70_000 })).toBe(
        `port of a prometheus destination: given "70000"; expected a port from 0 to 65535. Use a valid value, or omit it.`
      )
      expect(yield* messageOf({ type: "otlp", headers: { "authorization: secret": "secret" } })).toBe(
        "headers of an otlp destination: given (not shown); expected names of letters, digits and " +
          "!#$%&'*+.^_`|~- with values of visible characters, spaces and tabs. Use a valid value, or omit it."
      )
    })
  )
})
