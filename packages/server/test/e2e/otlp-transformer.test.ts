/** Both ends of the range of `@opentelemetry/otlp-transformer` encode requests as the installed one does. */
import * as Installed from "@opentelemetry/otlp-transformer"
import { resourceFromAttributes } from "@opentelemetry/resources"
import { execFileSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { runInThisContext } from "node:vm"
import { expect, it } from "vitest"
import type { Point } from "../../src/observe/collect/points/point.ts"
import { exportSeries } from "../../src/observe/collect/points/point.ts"
import { makeBaselines } from "../../src/observe/collect/points/temporality.ts"
import {
  jsonWithExemplars,
  type MetricsRequest,
  protobufWithExemplars
} from "../../src/observe/otlp/exemplar-fields.ts"
import { makeRequest } from "../../src/observe/otlp/request.ts"

const series = exportSeries({ job_type: "digest", queue: "ü" }, 1_700_000_000_000_000_000n)

const span = { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331" }

const points: ReadonlyArray<Point> = [
  {
    type: "number",
    metric: { name: "a_total", help: "A.", unit: "{a}", kind: "counter", origin: "own" },
    series,
    value: 2.5
  },
  {
    type: "number",
    metric: { name: "a_now", help: "Now.", unit: "By", kind: "gauge", origin: "external" },
    series,
    value: -1
  },
  {
    type: "distribution",
    metric: { name: "a_seconds", help: "S.", unit: "s", kind: "histogram", origin: "own" },
    series,
    value: {
      count: 3,
      sum: 1.5,
      min: 0.25,
      max: 1,
      buckets: { boundaries: [0.5, 1], counts: [1, 2, 0] },
      exemplars: [undefined, { value: 0.75, timeMs: 1_700_000_050_000, span }, undefined]
    }
  }
]

const request = (): MetricsRequest => {
  const builder = makeRequest(makeBaselines("cumulative"), [1_700_000_060, 500])
  points.forEach(builder.add)
  return builder.build(resourceFromAttributes({ "service.name": "one", "process.pid": 7, flag: true }))
}

const ids = { ...span, traceFlags: 1 }

/** A span and a log record as data, of the resource that they are given. */
const record = (resource: unknown) => ({
  span: {
    name: "work",
    kind: 0,
    ids,
    parentSpanContext: { ...ids, spanId: "00f067aa0ba902b7" },
    startTime: [1_700_000_060, 500],
    endTime: [1_700_000_061, 0],
    duration: [0, 999_999_500],
    ended: true,
    status: { code: 2, message: "no room" },
    attributes: { queue: "mail", tries: 2, isLast: true, share: 0.5 },
    events: [{ name: "exception", time: [1_700_000_060, 600], attributes: { "exception.type": "Error" } }],
    links: [{ context: ids, attributes: { of: "another" } }],
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
    instrumentationScope: { name: "@effect/opentelemetry" },
    resource
  },
  log: {
    hrTime: [1_700_000_060, 500],
    hrTimeObserved: [1_700_000_060, 600],
    severityNumber: 13,
    severityText: "WARN",
    body: "it ended",
    spanContext: ids,
    attributes: { queue: "mail" },
    droppedAttributesCount: 0,
    instrumentationScope: { name: "@effect/opentelemetry" },
    resource
  }
})

/** What encodes, in one program for all versions; the names of the serialisers are the same in each. */
const encode = `(Serializers, { metrics, log, span }) => {
  const content = { Metrics: metrics, Logs: [log], Trace: [{ ...span, spanContext: () => span.ids }] }
  return Object.entries(content).flatMap(([signal, records]) =>
    ["Json", "Protobuf"].map((format) =>
      Buffer.from(Serializers[format + signal + "Serializer"].serializeRequest(records)).toString("hex")
    )
  )
}`

const program = `
import * as Serializers from "@opentelemetry/otlp-transformer"
import { readFileSync } from "node:fs"
console.log(JSON.stringify((${encode})(Serializers, JSON.parse(readFileSync("request.json", "utf8")))))
`

/** A resource as all versions read it, written out. */
const plain = ({ resource, scopeMetrics }: MetricsRequest) => ({
  scopeMetrics,
  resource: { attributes: resource.attributes, asyncAttributesPending: false }
})

/** JSON as what it says, without the flags of spans, which old versions leave out; protobuf as its bytes. */
const readable = (hex: string): unknown => {
  const text = Buffer.from(hex, "hex").toString("utf8")
  return text.startsWith("{") ? JSON.parse(text, (key, value) => (key === "flags" ? undefined : value)) : hex
}

/** The first two, which are metrics as JSON and protobuf, with the exemplars of the request. */
const withExemplars = (encoded: ReadonlyArray<string>): ReadonlyArray<string> =>
  [jsonWithExemplars, protobufWithExemplars].map((added, index) => {
    const serializeRequest = () => Buffer.from(encoded[index] ?? "", "hex")
    return Buffer.from(added({ serializeRequest }).serializeRequest(request()) ?? []).toString("hex")
  })

/** Of an old version, all but the bytes of spans. */
const compared = (encoded: ReadonlyArray<string>, hasFlags: boolean) =>
  (hasFlags ? encoded : encoded.slice(0, -1)).map(readable)

it.each([
  ["0.200.0", false],
  ["0.301.1", true]
] as const)("version %s", (version, hasFlags) => {
  const folder = mkdtempSync(path.join(tmpdir(), "otlp-transformer-"))
  try {
    writeFileSync(path.join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }))
    writeFileSync(path.join(folder, "program.mjs"), program)
    const metrics = plain(request())
    const content = { metrics, ...record(metrics.resource) }
    writeFileSync(path.join(folder, "request.json"), JSON.stringify(content))
    const packages = [`@opentelemetry/otlp-transformer@${version}`, "@opentelemetry/api@1"]
    execFileSync("npm", ["install", "--no-audit", "--no-fund", "--silent", ...packages], { cwd: folder })
    const theirs: Array<string> = JSON.parse(
      execFileSync(process.execPath, ["program.mjs"], { cwd: folder, encoding: "utf8" })
    )
    const encodeHere: (serializers: typeof Installed, all: typeof content) => Array<string> = runInThisContext(encode)
    const ours = encodeHere(Installed, JSON.parse(JSON.stringify(content)))
    expect(theirs).toHaveLength(6)
    expect(compared(theirs, hasFlags)).toEqual(compared(ours, hasFlags))
    expect(withExemplars(theirs).map(readable)).toEqual(withExemplars(ours).map(readable))
    expect(withExemplars(theirs)[1]).toContain(`${span.spanId}2a10${span.traceId}`)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
