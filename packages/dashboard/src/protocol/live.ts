/**
 * What the server sends to pages about metrics: `GET live` is an event stream, which begins with a `state` and goes on with
 * a `tick` each second in which something changed; a `tick` without changes keeps the connection alive. After a
 * connection is lost the next one begins with a `state` again. `GET live/metric?name=` is one metric in detail. Traces are
 * in `traces.ts`.
 *
 * Times are epoch milliseconds. A number that is none (NaN, infinite) is `null` in JSON.
 */

/** Everything, as the first event of a connection. */
export interface State extends Tick {
  /** When the server started to receive. */
  readonly startedAt: number
  /** Each chart as it was, the oldest point first: a point a second for five minutes, then one every ten seconds. */
  readonly history: ReadonlyArray<ChartPoint>
}

/** What changed since the last event. */
export interface Tick {
  /** The time of the server. */
  readonly now: number
  /** Whether everything that was sent before is void, because the server was cleared. */
  readonly isReset?: true
  /** Processes that are new or that have changed. */
  readonly processes: ReadonlyArray<Process>
  /** Metrics that are new or that have changed. */
  readonly metrics: ReadonlyArray<Metric>
  /** Series that are new. Their ids follow those before them without a gap. */
  readonly series: ReadonlyArray<Series>
  /** The values of series that have new points. */
  readonly values: ReadonlyArray<Values>
  /** The next point of the charts. */
  readonly charts: ChartPoint
  readonly law: Law | null
  readonly health: Health
}

/** One sender: what its resource says. */
export interface Process {
  readonly id: number
  /** `service.name`; empty where the sender gave none. */
  readonly service: string
  /** What tells processes of a service apart: `service.instance.id`, or another attribute. */
  readonly instance: string
  readonly resource: Readonly<Record<string, string>>
  readonly firstSeenAt: number
  readonly lastSeenAt: number
}

export interface Metric {
  readonly id: number
  readonly name: string
  readonly kind: "gauge" | "counter" | "updown" | "histogram" | "exponentialHistogram" | "summary"
  readonly unit: string
  readonly description: string
  /** Processes report it of the same thing, such as one table: of each label set the largest counts, not the sum. */
  readonly isShared?: true
  /** The runbooks of the alerts that watch it; each ends with the name of the alert and `.md`. */
  readonly runbooks?: ReadonlyArray<string>
}

export interface Series {
  readonly id: number
  readonly metric: number
  readonly process: number
  readonly labels: Readonly<Record<string, string>>
}

/** Values of series whose points have the same time. */
export interface Values {
  /** The points' own time. */
  readonly time: number
  /** The ids of the series, each as its difference to the one before it, the first to zero; ascending. */
  readonly ids: ReadonlyArray<number>
  /** The total of each: the value of a gauge, what a counter has added up to, how many values a distribution has. */
  readonly values: ReadonlyArray<number | null>
  /** The sums of those that are distributions, in their order. */
  readonly sums: ReadonlyArray<number | null>
}

/** All charts at one time; lines by their names. What is not known is left out. */
export interface ChartPoint extends OverviewCharts, ServerCharts, NodeCharts {
  readonly time: number
}

/** The charts of the overview. */
export interface OverviewCharts {
  /** Jobs a second by what became of them: `enqueued`, `completed`, `cancelled`, `dead`, `retried`, `replayed`. */
  readonly jobs: Lines
  /** Jobs by state. */
  readonly queue: Lines
  /** Failures a second by reason; at most five, and `others`. */
  readonly failures: Lines
  /** Seconds: `p50`, `p95` and `p99` of what was processed since the point before. */
  readonly processing: Lines
  /** Seconds: `p50`, `p95` and `p99` of the time from due to started. */
  readonly wait: Lines
  /** Seconds: `p50`, `p95` and `p99` of messages between entities, as their callers saw them. */
  readonly messages: Lines
}

/** The charts of servers, all processes together. */
export interface ServerCharts {
  /** Requests a second by class of status, such as `2xx`; `none` where there was no answer. */
  readonly requests: Lines
  /** Requests that failed a second, by route; at most five, and `others`. */
  readonly errors: Lines
  /** Seconds: `p50`, `p95` and `p99` of requests that were not given up by their client. */
  readonly requestTime: Lines
  /** Requests under way: `received`, and `sent` to others. */
  readonly inFlight: Lines
  /** Database operations a second by name; at most five, and `others`. */
  readonly operations: Lines
  /** Seconds: `p50`, `p95` and `p99` of database operations. */
  readonly operationTime: Lines
  /** Calls of RPCs to servers a second by method; at most five, and `others`. */
  readonly calls: Lines
  /** Seconds: `p50`, `p95` and `p99` of calls to servers, streams until their end. */
  readonly callTime: Lines
}

/** The charts of processes. */
export interface NodeCharts {
  /** Seconds: `p50`, `p99` and `max` of the delay of the event loop, of the process in which each is the largest. */
  readonly delay: Lines
  /** `busiest`: the utilization of the event loop, of the process in which it is the largest, from 0 to 1. */
  readonly utilization: Lines
  /** Bytes: `used` and `limit`, of the process in which each is the largest. */
  readonly heap: Lines
  /** Seconds of garbage collection a second by type, all processes together. */
  readonly garbage: Lines
  /** Seconds of processor time a second by mode, all processes together. */
  readonly processor: Lines
  /** Bytes: `resident` and `external`, of the process in which each is the largest. */
  readonly memory: Lines
  /** Items of pools that are `used`, and requests that are `waiting` for one, all pools together. */
  readonly pools: Lines
  /** Requests to caches a second: `hits` and `misses`, all caches together. */
  readonly caches: Lines
}

/** The name of a chart. */
export type ChartName = Exclude<keyof ChartPoint, "time">

export type Lines = Readonly<Record<string, number>>

/** The law of jobs: `accepted + replayed = completed + cancelled + dead + held`. `null` where no metric of jobs is there. */
export interface Law {
  readonly accepted: number
  readonly replayed: number
  readonly completed: number
  readonly cancelled: number
  readonly dead: number
  readonly held: number
  /** Jobs that were held before anybody counted; they belong to the left side. Absent where there were none. */
  readonly before?: number
  /** Since when the two sides have differed by the same number with nothing under way; absent while they agree. */
  readonly differsSince?: number
}

/** How the server and its senders are. */
export interface Health {
  readonly requests: number
  readonly acknowledged: number
  /** Requests that were refused or not answered, by status; 0 where there was no answer. The latest first. */
  readonly refused: ReadonlyArray<{
    readonly status: number
    readonly count: number
    readonly lastAt: number
    readonly message: string
  }>
  readonly points: number
  readonly bytes: number
  readonly lastRequestAt: number | null
  /**
   * How long after the time of its points the last request of a process came, in milliseconds; of the hundred processes
   * that were heard of last.
   */
  readonly lag: ReadonlyArray<{ readonly process: number; readonly ms: number }>
  readonly violations: number
  /** The last twenty. */
  readonly lastViolations: ReadonlyArray<{
    readonly kind: string
    readonly metric: string
    readonly labels: string
    readonly message: string
  }>
  readonly exemplars: number
  /** What the series take, roughly, and the most that they may. */
  readonly storeBytes: number
  readonly storeLimitBytes: number
}

/** One metric in detail. */
export interface MetricDetail {
  readonly name: string
  /** The series with what is known of their past: newer points are closer together than older ones. */
  readonly series: ReadonlyArray<{
    readonly id: number
    readonly times: ReadonlyArray<number>
    readonly values: ReadonlyArray<number | null>
    /** Of distributions. */
    readonly sums?: ReadonlyArray<number | null>
  }>
  /** Of distributions: how many values came into each bucket, all series together. */
  readonly heat?: {
    /** The upper bounds; the last bucket has none. */
    readonly bounds: ReadonlyArray<number>
    readonly columns: ReadonlyArray<{ readonly time: number; readonly counts: ReadonlyArray<number> }>
  }
  readonly exemplars: ReadonlyArray<{
    readonly series: number
    readonly time: number
    readonly value: number
    readonly traceId?: string
    readonly spanId?: string
    /** Whether something of the trace is here. */
    readonly isStored?: true
    readonly labels: Readonly<Record<string, string>>
  }>
}
