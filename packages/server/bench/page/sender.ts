/**
 * A program with OpenTelemetry's SDK, in a process of its own, that exports a number of series which all change each
 * second: six of ten are counters, two gauges and two histograms, jobs of the catalogue and others.
 */
import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-proto"
import { resourceFromAttributes } from "@opentelemetry/resources"
import { MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics"
import { catalogue } from "@parametric-portal/server/observe/catalogue"

export interface Sender {
  readonly stop: () => Promise<void>
}

/** Starts it, and waits until it has exported once. */
export const startSender = async (url: string, series: number): Promise<Sender> => {
  const child: ChildProcess = fork(fileURLToPath(import.meta.url), [url, String(series)], { execArgv: [] })
  await once(child, "message")
  return {
    stop: async () => {
      child.kill()
      await once(child, "close")
    }
  }
}

/** At most as many label sets as a metric has. */
const mostPerMetric = 500

const { jobs } = catalogue
const counters = [jobs.enqueued, jobs.completions, jobs.failures, jobs.retries].map(({ name }) => name)
const gauges = [jobs.queueDepth.name]
const histograms = [jobs.processingSeconds.name, jobs.waitDuration.name]

const states = ["ready", "scheduled", "running", "retrying"]
const priorities = ["critical", "high", "normal", "low"]

const labelsOf = (index: number) => ({
  job_type: `type-${index >> 2}`,
  operation: "process",
  priority: priorities[index % 4] ?? "",
  state: states[index % 4] ?? ""
})

const named = (known: ReadonlyArray<string>, count: number, other: string): ReadonlyArray<string> =>
  Array.from({ length: count }, (_, index) => known[index] ?? `${other}_${index}`)

const send = async (url: string, series: number): Promise<void> => {
  const exporter = new OTLPMetricExporter({ url: `${url}/v1/metrics` })
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })
  const provider = new MeterProvider({
    resource: resourceFromAttributes({ "service.name": "bench" }),
    readers: [reader]
  })
  const meter = provider.getMeter("bench")
  // Ten metrics at least.
  const perMetric = Math.min(mostPerMetric, series / 10)
  const tenth = series / perMetric / 10
  const records = [
    ...named(counters, 6 * tenth, "requests_total").map((name) => {
      const counter = meter.createCounter(name)
      return (index: number) => counter.add(1 + Math.floor(Math.random() * 20), labelsOf(index))
    }),
    ...named(gauges, 2 * tenth, "memory_bytes").map((name) => {
      const gauge = meter.createGauge(name)
      return (index: number) => gauge.record(Math.floor(Math.random() * 10_000), labelsOf(index))
    }),
    ...named(histograms, 2 * tenth, "request_seconds").map((name) => {
      const histogram = meter.createHistogram(name)
      return (index: number) => histogram.record(Math.random() * 10, labelsOf(index))
    })
  ]
  const labels = Array.from({ length: perMetric }, (_, index) => index)
  const round = async (): Promise<void> => {
    labels.forEach((index) => records.forEach((record) => record(index)))
    await provider.forceFlush()
  }
  await round()
  process.send?.("ready")
  setInterval(() => void round(), 1_000)
}

const [, program, url, series] = process.argv
if (program === fileURLToPath(import.meta.url) && url !== undefined) {
  process.once("disconnect", () => process.exit())
  await send(url, Number(series))
}
