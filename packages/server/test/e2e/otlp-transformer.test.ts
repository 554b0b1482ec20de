/** Both ends of the range of `@opentelemetry/otlp-transformer` encode a request to the same bytes as the installed one. */
import { JsonMetricsSerializer, ProtobufMetricsSerializer } from "@opentelemetry/otlp-transformer"
import { resourceFromAttributes } from "@opentelemetry/resources"
import type { ResourceMetrics } from "@opentelemetry/sdk-metrics"
import { execFileSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { expect, it } from "vitest"
import type { Point } from "../../src/observe/collect/points/point.ts"
import { exportSeries } from "../../src/observe/collect/points/point.ts"
import { makeBaselines } from "../../src/observe/collect/points/temporality.ts"
import { makeRequest } from "../../src/observe/otlp/request.ts"

const series = exportSeries({ job_type: "digest", queue: "ü" }, 1_700_000_000_000_000_000n)

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
    value: { count: 3, sum: 1.5, min: 0.25, max: 1, buckets: { boundaries: [0.5, 1], counts: [1, 2, 0] } }
  }
]

const request = (): ResourceMetrics => {
  const builder = makeRequest(makeBaselines("cumulative"), [1_700_000_060, 500])
  points.forEach(builder.add)
  return builder.build(resourceFromAttributes({ "service.name": "one", "process.pid": 7, flag: true }))
}

const program = `
import { JsonMetricsSerializer, ProtobufMetricsSerializer } from "@opentelemetry/otlp-transformer"
import { readFileSync } from "node:fs"
const metrics = JSON.parse(readFileSync("request.json", "utf8"))
const hex = (bytes) => Buffer.from(bytes).toString("hex")
console.log(JSON.stringify([JsonMetricsSerializer, ProtobufMetricsSerializer].map((one) => hex(one.serializeRequest(metrics)))))
`

/** A resource as all versions read it, written out. */
const plain = ({ resource, ...rest }: ResourceMetrics) => ({
  ...rest,
  resource: { attributes: resource.attributes, asyncAttributesPending: false }
})

it.each(["0.200.0", "0.301.1"])("version %s", (version) => {
  const folder = mkdtempSync(path.join(tmpdir(), "otlp-transformer-"))
  try {
    writeFileSync(path.join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }))
    writeFileSync(path.join(folder, "program.mjs"), program)
    writeFileSync(path.join(folder, "request.json"), JSON.stringify(plain(request())))
    const packages = [`@opentelemetry/otlp-transformer@${version}`, "@opentelemetry/api@1"]
    execFileSync("npm", ["install", "--no-audit", "--no-fund", "--silent", ...packages], { cwd: folder })
    const [json, protobuf] = JSON.parse(
      execFileSync(process.execPath, ["program.mjs"], { cwd: folder, encoding: "utf8" })
    )
    const decoded = (hex: string): unknown => JSON.parse(Buffer.from(hex, "hex").toString("utf8"))
    const own = JsonMetricsSerializer.serializeRequest(request()) ?? new Uint8Array()
    expect(decoded(json)).toEqual(JSON.parse(Buffer.from(own).toString("utf8")))
    expect(protobuf).toBe(Buffer.from(ProtobufMetricsSerializer.serializeRequest(request()) ?? []).toString("hex"))
  } finally {
    rmSync(folder, { recursive: true })
  }
})
