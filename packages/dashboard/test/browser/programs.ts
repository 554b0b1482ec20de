/** Programs that the page is shown in tests: what a server would send of them, second by second. */
import type {
  ChartPoint,
  Health,
  Law,
  Metric,
  MetricDetail,
  NodeCharts,
  Process,
  Series,
  ServerCharts,
  State,
  Tick
} from "../../src/protocol/live.ts"
import { noChartPoint, noHealth } from "../page/nothing-yet.ts"

/** What the server knows of a program. `at` counts the seconds since it was started. */
export interface Program {
  readonly processes: ReadonlyArray<Process>
  readonly metrics: ReadonlyArray<Metric>
  readonly series: ReadonlyArray<Series>
  /** The value and, of a distribution, the sum of a series at a time. */
  readonly value: (series: Series, at: number) => { readonly value: number; readonly sum?: number }
  readonly charts: (time: number) => ChartPoint
  readonly law: (at: number) => Law | null
  readonly health: (now: number, at: number) => Health
  /** The last second at which a process reports; without one it goes on. */
  readonly stops?: ReadonlyMap<number, number>
}

const noise = (seed: number): number => {
  const x = Math.sin(seed * 12.9898) * 43_758.5453
  return x - Math.floor(x)
}

/** A number between 0 and 1 that moves slowly, the same for the same time. */
const wave = (seconds: number, seed: number): number =>
  0.5 + 0.3 * Math.sin(seconds / (17 + seed * 7) + seed) + 0.2 * (noise(Math.floor(seconds) + seed * 1000) - 0.5)

/** Four digits, as a server sends them. */
const charts = (time: number): ChartPoint =>
  JSON.parse(
    JSON.stringify(exactCharts(time), (name, value) =>
      typeof value === "number" && name !== "time" ? Number(value.toPrecision(4)) : value
    )
  )

const quantiles = (at: number, scale: number, seed: number) => ({
  p50: scale * (0.4 + 0.2 * wave(at, seed)),
  p95: scale * (1.4 + wave(at, seed + 1)),
  p99: scale * (2.4 + 2 * wave(at, seed + 2))
})

const serverCharts = (at: number): ServerCharts => ({
  requests: { "2xx": 80 + 40 * wave(at, 20), "4xx": 5 * wave(at, 21), "5xx": wave(at, 22) },
  errors: { "/orders/:id": 0.8 * wave(at, 22), "no route": 0.1 },
  requestTime: quantiles(at, 0.04, 23),
  inFlight: { received: Math.round(9 * wave(at, 26)), sent: Math.round(4 * wave(at, 27)) },
  operations: { SELECT: 120 * wave(at, 28), INSERT: 30 * wave(at, 29) },
  operationTime: quantiles(at, 0.003, 30),
  calls: { "stock.take": 12 * wave(at, 41), "stock.levels": 2 * wave(at, 42) },
  callTime: quantiles(at, 0.02, 43)
})

const nodeCharts = (at: number): NodeCharts => ({
  delay: { p50: 0.01, p99: 0.012 + 0.02 * wave(at, 33), max: 0.02 + 0.1 * wave(at, 34) },
  utilization: { busiest: 0.4 + 0.4 * wave(at, 35) },
  heap: { used: 9e7 + 3e7 * wave(at, 36), limit: 4.3e9 },
  garbage: { minor: 0.01 * wave(at, 37), major: 0.002 },
  processor: { user: 0.5 * wave(at, 38), system: 0.1 },
  memory: { resident: 2e8 + 1e7 * wave(at, 39), external: 4e6 },
  pools: { used: Math.round(3 * wave(at, 46)), waiting: Math.round(2 * wave(at, 47)) },
  caches: { hits: 60 * wave(at, 48), misses: 9 * wave(at, 49) }
})

const exactCharts = (time: number): ChartPoint => {
  const at = time / 1000
  const busy = 30 + 60 * wave(at, 1)
  return {
    time,
    jobs: {
      enqueued: busy + 4,
      completed: busy,
      retried: 6 * wave(at, 5),
      dead: 1.2 * wave(at, 6),
      cancelled: 3 * wave(at, 7),
      replayed: at % 120 < 5 ? 4 : 0
    },
    queue: {
      ready: Math.round(140 * wave(at, 3)),
      running: Math.round(24 * wave(at, 4)),
      scheduled: 42,
      retrying: Math.round(12 * wave(at, 8))
    },
    failures: { Busy: 4 * wave(at, 9), TimeoutException: 2 * wave(at, 10), Malformed: 0.4 },
    processing: quantiles(at, 0.05, 11),
    wait: quantiles(at, 1.2, 14),
    // No message went over the wire for a while: nothing is known of that time.
    messages: at % 200 < 60 ? {} : quantiles(at, 0.004, 17),
    ...serverCharts(at),
    ...nodeCharts(at)
  }
}

const health = (now: number, at: number): Health => ({
  requests: 1284 + at,
  acknowledged: 1281 + at,
  refused: [
    { status: 413, count: 2, lastAt: now - 184_000, message: "The request has 5.2 MiB, and at most 4 MiB are taken." },
    { status: 0, count: 1, lastAt: now - 2_400_000, message: "The connection was closed before the body ended." }
  ],
  points: 1_284_112,
  bytes: 96_400_000,
  lastRequestAt: now - 400,
  lag: [
    { process: 0, ms: 12 },
    { process: 1, ms: 31 },
    { process: 2, ms: 240 + (at % 50) }
  ],
  violations: 2,
  lastViolations: [
    {
      kind: "counter went down",
      metric: "http_requests_total",
      labels: "method=GET",
      message: "512 after 9120, with the same start time."
    },
    { kind: "name", metric: "2xx", labels: "", message: "A name begins with a letter." }
  ],
  exemplars: 24,
  storeBytes: 11_400_000,
  storeLimitBytes: 268_435_456
})

const types = ["digest", "compress", "parse"]
const priorities = ["critical", "high", "normal", "low"]

const row = (name: string, kind: Metric["kind"], more: Omit<Metric, "id" | "name" | "kind">) => ({
  name,
  kind,
  ...more
})

const rows: ReadonlyArray<Omit<Metric, "id">> = [
  row("jobs_enqueued_total", "counter", {
    unit: "{job}",
    description: "Jobs accepted: a submit succeeded and is committed."
  }),
  row("jobs_completed_total", "counter", { unit: "{job}", description: "Jobs completed: a process succeeded." }),
  row("jobs_failed_total", "counter", {
    unit: "{job}",
    description: "Job operations that ended in a failure or a defect, by reason; each failed attempt counts."
  }),
  row("jobs_queue_depth", "gauge", {
    unit: "{job}",
    description: "Jobs waiting or running now, by state, including zeros."
  }),
  row("jobs_queue_oldest_age_seconds", "gauge", { unit: "s", description: "Age of the oldest job that could run." }),
  row("jobs_processing_seconds", "histogram", {
    unit: "s",
    description: "Duration of one operation on a job.",
    runbooks: ["https://example.org/JobErrorRateHigh.md", "https://example.org/JobQueueStalled.md"]
  }),
  row("jobs_wait_duration_seconds", "histogram", {
    unit: "s",
    description: "Time from when a job was due to the start of an attempt."
  }),
  row("cluster_message_latency_seconds", "exponentialHistogram", {
    unit: "s",
    description: "Time from sending a message to its reply, as the caller saw it."
  }),
  row("process_memory_bytes", "gauge", { unit: "By", description: "Resident memory of the process." }),
  row("http_requests_total", "counter", { unit: "{request}", description: "Requests that were answered." }),
  row("telemetry_series", "gauge", { unit: "{series}", description: "Series of a metric now." })
]

const labelsOf = (name: string): ReadonlyArray<Readonly<Record<string, string>>> => {
  if (name === "jobs_queue_depth") {
    return types.flatMap((job_type) =>
      ["ready", "scheduled", "running", "retrying"].map((state) => ({ job_type, state }))
    )
  }
  if (name === "jobs_failed_total") {
    return types.flatMap((job_type) =>
      ["Busy", "TimeoutException", "Malformed"].map((reason) => ({ job_type, reason }))
    )
  }
  if (name === "process_memory_bytes") {
    return [{}]
  }
  if (name === "http_requests_total") {
    return [
      ...["GET", "POST"].flatMap((method) =>
        Array.from({ length: 14 }, (_, index) => ({ method, route: `/api/v1/resource-${index + 1}` }))
      ),
      { "otel.metric.overflow": "true" }
    ]
  }
  if (name === "telemetry_series") {
    return rows.map((one) => ({ metric: one.name }))
  }
  return types.flatMap((job_type) => priorities.map((priority) => ({ job_type, operation: "process", priority })))
}

const processesAt = (now: number): ReadonlyArray<Process> =>
  ["runner-1", "runner-2", "runner-3"].map((instance, id) => ({
    id,
    service: "jobs",
    instance,
    resource: { "service.name": "jobs", "service.instance.id": instance },
    firstSeenAt: now - 3_600_000,
    lastSeenAt: now
  }))

const seriesOf = (
  metrics: ReadonlyArray<Metric>,
  processes: ReadonlyArray<Process>,
  labels: (name: string) => ReadonlyArray<Readonly<Record<string, string>>>
): ReadonlyArray<Series> =>
  metrics
    .flatMap(({ id: metric, name }) =>
      processes
        .slice(0, name === "jobs_queue_depth" || name === "jobs_queue_oldest_age_seconds" ? 1 : processes.length)
        .flatMap(({ id: process }) => labels(name).map((own) => ({ metric, process, labels: own })))
    )
    .map((series, id) => ({ id, ...series }))

const valueOf = (metrics: ReadonlyArray<Metric>) => (series: Series, at: number) => {
  const metric = metrics[series.metric]
  const speed = 1.2 + 4 * noise(series.id + 1)
  const grown = Math.floor(500 + at * speed + 8 * Math.sin(at / 9 + series.id))
  if (metric?.kind === "counter") {
    return { value: grown }
  }
  if (metric?.kind === "gauge") {
    const level = wave(at, series.id % 11)
    return {
      value: metric.unit === "By" ? 9e7 + 1e7 * level : metric.unit === "s" ? 40 * level : Math.round(60 * level)
    }
  }
  return { value: grown, sum: grown * (0.02 + 0.02 * noise(series.id)) + 0.1 * (at - 20 * Math.cos(at / 20)) }
}

/** A server of jobs on three runners, of which the third stops at `stopsAt`. */
export const jobs = (options: { readonly stopsAt?: number; readonly differs?: boolean } = {}): Program => {
  const metrics = rows.map((one, id) => ({ id, ...one }))
  const processes = processesAt(Date.now())
  return {
    processes,
    metrics,
    series: seriesOf(metrics, processes, labelsOf),
    value: valueOf(metrics),
    charts,
    law: (at) => ({
      accepted: 18_240 + 4 * at,
      replayed: 12,
      completed: 17_601 + 4 * at - (options.differs === true ? 3 : 0),
      cancelled: 310,
      dead: 88,
      held: 253,
      ...(options.differs === true ? { differsSince: Date.now() - 60_000 } : {})
    }),
    health,
    ...(options.stopsAt === undefined ? {} : { stops: new Map([[2, options.stopsAt]]) })
  }
}

/** A program without jobs. */
export const web = (): Program => {
  const all = jobs()
  const metrics = all.metrics.filter(({ name }) => !/^(jobs|cluster)_/.test(name)).map((one, id) => ({ ...one, id }))
  return {
    ...all,
    metrics,
    series: seriesOf(metrics, all.processes, labelsOf),
    value: valueOf(metrics),
    charts: noChartPoint,
    law: () => null
  }
}

/** Nothing has arrived. */
export const nothing = (): Program => ({ ...web(), metrics: [], series: [], processes: [], health: () => noHealth })

/** Ten thousand series in forty metrics, all of which change each second. */
export const many = (count = 10_000): Program => {
  const names = Array.from({ length: 40 }, (_, index) => `load_${String(index).padStart(2, "0")}`)
  const kinds: ReadonlyArray<Metric["kind"]> = ["counter", "gauge", "histogram", "updown"]
  const metrics = names.map((name, id) => ({
    id,
    name: kinds[id % 4] === "counter" ? `${name}_total` : name,
    kind: kinds[id % 4] ?? "gauge",
    unit: id % 4 === 2 ? "s" : "{thing}",
    description: `Number ${id} of many.`
  }))
  const processes = processesAt(Date.now())
  return {
    ...jobs(),
    processes,
    metrics,
    series: Array.from({ length: count }, (_, id) => ({
      id,
      metric: id % metrics.length,
      process: id % processes.length,
      labels: { tenant: `tenant-${Math.floor(id / metrics.length)}`, zone: `zone-${id % 3}` }
    })),
    value: valueOf(metrics)
  }
}

/** Texts that would do harm, or hide, where they are not shown as text. */
export const hostileTexts: ReadonlyArray<string> = [
  "<script>globalThis.wasRun = true</script>",
  '"><img src=x onerror="globalThis.wasRun = true">',
  "javascript:globalThis.wasRun=true",
  "\u202egnp.exe",
  "a\u2066b\u2069c",
  "line one\nline two",
  "",
  "nul\u0000bell\u0007",
  "𝕏".repeat(5000),
  "{{constructor.constructor('globalThis.wasRun=true')()}}"
]

/** Names, labels, and all other texts as somebody would choose them who means harm. */
export const hostile = (): Program => {
  const metrics = hostileTexts.map((name, id) => ({
    id,
    name: name === "" ? "named" : name,
    kind: "counter" as const,
    unit: name.slice(0, 40),
    description: name
  }))
  const processes = hostileTexts.map((text, id) => ({
    id,
    service: text,
    instance: text,
    resource: { "service.name": text },
    firstSeenAt: Date.now(),
    lastSeenAt: Date.now()
  }))
  const labels = hostileTexts.map((text, index) => ({
    // From JSON a key like this is a key like any other.
    ...JSON.parse(`{ "__proto__": "polluted", "constructor": "x", "toString": "y" }`),
    [index === 0 ? "label" : text === "" ? "empty" : text]: text
  }))
  return {
    ...jobs(),
    metrics,
    processes,
    series: metrics.flatMap(({ id: metric }) =>
      labels.map((own, index) => ({ id: metric * labels.length + index, metric, process: index, labels: own }))
    ),
    value: valueOf(metrics),
    charts: (time) => ({
      ...charts(time),
      failures: JSON.parse(`{ "__proto__": 1, "<b>bold</b>": 2, "\\u202eevil": 3, "constructor": 4 }`)
    }),
    health: (now, at) => ({
      ...health(now, at),
      refused: [{ status: 400, count: 1, lastAt: now, message: hostileTexts.join(" ") }],
      lastViolations: hostileTexts.map((text) => ({ kind: "kind", metric: text, labels: text, message: text }))
    })
  }
}

/** What is sent of a program at a second: everything, or what changed. */
export const tickOf = (program: Program, at: number, isFirst: boolean): Tick => {
  const now = Date.now()
  const isThere = (process: number): boolean => at <= (program.stops?.get(process) ?? Infinity)
  const live = program.series.filter(({ process }) => isFirst || isThere(process))
  const values = live.map((series) => program.value(series, at))
  const distributions = new Set(program.metrics.filter(({ kind }) => /istogram|summary/.test(kind)).map(({ id }) => id))
  return {
    now,
    processes: program.processes
      .filter(({ id }) => isFirst || isThere(id))
      .map((process) => ({ ...process, lastSeenAt: isThere(process.id) ? now - 200 : now - 600_000 })),
    metrics: isFirst ? program.metrics : [],
    series: isFirst ? program.series : [],
    values: [
      {
        time: now - 200,
        ids: live.map(({ id }, index) => id - (live[index - 1]?.id ?? 0)),
        values: values.map(({ value }) => value),
        sums: live.flatMap(({ metric }, index) => (distributions.has(metric) ? [values[index]?.sum ?? 0] : []))
      }
    ],
    charts: program.charts(now),
    law: program.law(at),
    health: program.health(now, at)
  }
}

export const stateOf = (program: Program, at: number): State => {
  const now = Date.now()
  const coarse = Array.from({ length: 330 }, (_, index) => now - 300_000 - (330 - index) * 10_000)
  const fine = Array.from({ length: 300 }, (_, index) => now - (300 - index) * 1000)
  return {
    ...tickOf(program, at, true),
    startedAt: now - 3_600_000,
    history: [...coarse, ...fine].map(program.charts)
  }
}

/** One metric in detail, with an hour of points. */
export const detailOf = (program: Program, name: string, at: number): MetricDetail | undefined => {
  const metric = program.metrics.find((one) => one.name === name)
  if (metric === undefined) {
    return undefined
  }
  const now = Date.now()
  const seconds = [
    ...Array.from({ length: 330 }, (_, index) => at - 300 - (330 - index) * 10),
    ...Array.from({ length: 300 }, (_, index) => at - 299 + index)
  ]
  const series = program.series.filter((one) => one.metric === metric.id)
  const bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
  const isDistribution = /istogram|summary/.test(metric.kind)
  const columns = seconds.slice(1).map((second) => {
    const middle = 3 + 4 * wave(second, 21)
    return {
      time: now - (at - second) * 1000,
      counts: [...bounds, Infinity].map((_, bucket) =>
        Math.round(40 * Math.exp(-((bucket - middle) ** 2)) + 3 * Math.exp(-((bucket - 9) ** 2)))
      )
    }
  })
  return {
    name,
    series: series.map((one) => {
      const points = seconds.map((second) => program.value(one, second + 10_000))
      return {
        id: one.id,
        times: seconds.map((second) => now - (at - second) * 1000),
        values: points.map(({ value }) => value),
        ...(isDistribution ? { sums: points.map(({ sum }) => sum ?? 0) } : {})
      }
    }),
    ...(isDistribution ? { heat: { bounds, columns } } : {}),
    exemplars: isDistribution
      ? Array.from({ length: 24 }, (_, index) => ({
          series: series[0]?.id ?? 0,
          time: now - index * 12_000,
          value: 0.01 * 2 ** (8 * noise(index + 3)),
          traceId: `4bf92f3577b34da6a3ce929d0e0e${String(4700 + index)}`,
          spanId: "00f067aa0ba902b7",
          labels: { job_id: `0199-${index}` }
        }))
      : []
  }
}
