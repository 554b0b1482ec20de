/**
 * Both ends of the ranges of OpenTelemetry's packages: a program with the published library exports the same with each.
 * Those of SDK 3 want Node 22; traces and logs go through `@effect/opentelemetry`, which wants SDK 2.
 */
import { readFile, rm } from "node:fs/promises"
import path from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll, expect, it } from "vitest"
import { EmptyProject } from "../support/empty-project.ts"

const root = fileURLToPath(new URL("../../../..", import.meta.url))

const program = (options: string) => `
  import { MetricsService } from "@parametric-portal/server/observe/metrics"
  import { Telemetry } from "@parametric-portal/server/observe/telemetry"
  import { Effect, Layer } from "effect"
  import { createServer } from "node:http"

  const received = []
  const server = createServer((request, response) => {
    let body = ""
    request.on("data", (text) => (body += text)).on("end", () => {
      received.push(JSON.parse(body))
      response.setHeader("content-type", "application/json").end("{}")
    })
  }).listen(0, "127.0.0.1")
  await new Promise((resolve) => server.once("listening", resolve))
  process.env.OTEL_EXPORTER_OTLP_ENDPOINT = "http://127.0.0.1:" + server.address().port
  process.env.OTEL_EXPORTER_OTLP_PROTOCOL = "http/json"
  const work = Effect.log("a line").pipe(
    MetricsService.trackJob({ jobType: "mail", operation: "process" }),
    Effect.withSpan("a span")
  )
  const live = Telemetry.layer(${options}).pipe(Layer.provideMerge(MetricsService.layer({ registry: "own" })))
  await Effect.runPromise(Effect.provide(work, live))
  server.close()
  const all = (list, ...keys) => keys.reduce((found, key) => found.flatMap((one) => one[key] ?? []), list)
  const metrics = all(received, "resourceMetrics", "scopeMetrics", "metrics")
  const names = ["jobs_completed_total", "jobs_processing_seconds", "jobs_in_flight"]
  const point = ({ asInt, asDouble, count, bucketCounts, explicitBounds, attributes }) =>
    ({ value: Number(asInt ?? asDouble ?? count), buckets: bucketCounts?.length, explicitBounds, attributes })
  console.log(JSON.stringify({
    metrics: names.map((wanted) => metrics.filter(({ name }) => name === wanted).map(({ unit, sum, histogram, gauge }) =>
      ({ unit, temporality: (sum ?? histogram)?.aggregationTemporality, points: (sum ?? histogram ?? gauge).dataPoints.map(point) }))),
    spans: all(received, "resourceSpans", "scopeSpans", "spans").map(({ name }) => name),
    lines: all(received, "resourceLogs", "scopeLogs", "logRecords").map(({ body }) => body.stringValue)
      .filter((line) => line === "a line"),
    service: all(received, "resourceMetrics").map(({ resource }) =>
      resource.attributes.find(({ key }) => key === "service.name").value.stringValue)
  }))
`

const sdk = (version: string, exporters: string) => [
  // SDK 3 wants a newer one.
  version.startsWith("3") ? "@opentelemetry/api@1" : "@opentelemetry/api@1.9",
  `@opentelemetry/resources@${version}`,
  `@opentelemetry/sdk-metrics@${version}`,
  `@opentelemetry/otlp-transformer@${exporters}`
]

const recorded = (version: string, logs: string) => [
  "@effect/opentelemetry@0.64",
  `@opentelemetry/sdk-trace-base@${version}`,
  `@opentelemetry/sdk-logs@${logs}`
]

const metricsOnly = `{ serviceName: "range" }`
const everything = `{ serviceName: "range", traces: {}, logs: {} }`

let archive = ""
let expected: unknown

/** What such a project exports. */
const exported = async (packages: ReadonlyArray<string>, options: string, node?: string): Promise<unknown> => {
  const project = await EmptyProject.make()
  try {
    const other = node === undefined ? [] : [`other@npm:node-${process.platform}-${process.arch}@${node}`]
    const installed = await project.run("npm", "install", archive, "effect@3.22", ...packages, ...other)
    expect(installed.stderr).not.toMatch(/ERESOLVE|peer/)
    expect(installed.code).toBe(0)
    await project.write("main.js", program(options))
    const executable = node === undefined ? process.execPath : path.join(project.folder, "node_modules/other/bin/node")
    const { code, stderr, stdout } = await project.run(executable, "main.js")
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
    return JSON.parse(stdout.split("\n").find((line) => line.startsWith("{")) ?? "{}")
  } finally {
    await project.remove()
  }
}

beforeAll(async () => {
  const manifest = JSON.parse(await readFile(path.join(root, "package.json"), "utf8")) as { packageManager: string }
  archive = await EmptyProject.pack(manifest.packageManager)
  expected = await exported(sdk("2.12", "0.223"), metricsOnly)
}, 300_000)

afterAll(() => rm(path.dirname(archive), { recursive: true, force: true }))

it("exports what is expected with the versions of the guide", () => {
  const labels = ["job_type", "operation"].map((key) => expect.objectContaining({ key }))
  expect(expected).toMatchObject({
    metrics: [
      [{ unit: "{job}", temporality: 2, points: [{ value: 1, attributes: labels }] }],
      [{ unit: "s", temporality: 2, points: [{ value: 1, buckets: 7, attributes: labels }] }],
      [{ unit: "{job}", points: [{ value: 0, attributes: labels }] }]
    ],
    spans: [],
    service: ["range"]
  })
})

it.each([
  ["2.0.0", "0.200.0", undefined],
  ["3.0.0", "0.300.0", "22"],
  ["3", "0.301", "24"]
])("exports the same metrics with SDK %s and exporters %s", async (version, exporters, node) => {
  expect(await exported(sdk(version, exporters), metricsOnly, node)).toEqual(expected)
})

it.each([
  ["2.0.1", "0.203.0"],
  ["2.12", "0.223"]
])("exports spans and log records too with SDK %s and exporters %s", async (version, exporters) => {
  const packages = [...sdk(version, exporters), ...recorded(version, exporters)]
  expect(await exported(packages, everything)).toEqual({
    ...(expected as object),
    spans: ["a span"],
    lines: ["a line"]
  })
})
