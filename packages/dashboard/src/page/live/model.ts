/** All that is known of the metrics, as the server has sent it. It changes in place: a tick makes few objects. */
import type { ChartPoint, Health, Law, Metric, Process, State, Tick, Values } from "../../protocol/live.ts"
import { addPoint } from "./chart-points.ts"
import { SeriesColumns } from "./series-columns.ts"

/** How long a process that has reported once may be silent before it counts as stopped: OpenTelemetry's default is 60 s. */
const firstIntervalMs = 60_000

/** An interval of an hour is that of a machine that slept. */
const longestPatienceMs = 300_000

export class Model {
  startedAt = 0
  now = 0
  /** The time from which on it has values: when the page was opened, or the server started. */
  from = 0
  law: Law | null = null
  health: Health | undefined = undefined
  /** Points that came since this began. */
  received = 0
  series = new SeriesColumns()
  processes: Array<Process> = []
  metrics: Array<Metric> = []
  /** The ids of the series of each metric. */
  seriesOf: Array<ReadonlyArray<number>> = []
  points: Array<ChartPoint> = []
  private intervals: Array<number> = []

  static of(state: State): Model {
    const model = new Model()
    model.startedAt = state.startedAt
    state.history.forEach((point) => addPoint(model.points, point))
    model.apply(state)
    model.from = state.now
    model.received = 0
    return model
  }

  apply(tick: Tick): void {
    this.now = tick.now
    this.law = tick.law
    this.health = tick.health
    for (const process of tick.processes) {
      const before = this.processes[process.id]
      if (before !== undefined && process.lastSeenAt > before.lastSeenAt) {
        this.intervals[process.id] = process.lastSeenAt - before.lastSeenAt
      }
      this.processes[process.id] = process
    }
    for (const metric of tick.metrics) {
      this.metrics[metric.id] = metric
      this.seriesOf[metric.id] ??= []
    }
    const added = new Map<number, Array<number>>()
    for (const series of tick.series) {
      this.series.add(series, isCumulative(this.metrics[series.metric]))
      added.set(series.metric, added.get(series.metric) ?? [])
      added.get(series.metric)?.push(series.id)
    }
    for (const [metric, ids] of added) {
      this.seriesOf[metric] = [...(this.seriesOf[metric] ?? []), ...ids]
    }
    for (const values of tick.values) {
      this.record(values)
    }
    addPoint(this.points, tick.charts)
  }

  private record({ ids, sums, time, values }: Values): void {
    let id = 0
    let ofSums = 0
    for (let index = 0; index < ids.length; index++) {
      id += ids[index] ?? 0
      const sum = isDistribution(this.metrics[this.series.metric[id] ?? -1]) ? sums[ofSums++] : null
      this.series.record(id, time, { value: values[index] ?? Number.NaN, sum: sum ?? Number.NaN })
    }
    this.received += ids.length
  }

  /** Whether a process should have reported again long ago, judged by how often it did. */
  hasStopped(process: number): boolean {
    const last = this.processes[process]?.lastSeenAt ?? this.now
    const patienceMs = Math.max(10_000, 2.5 * (this.intervals[process] ?? firstIntervalMs))
    return this.now - last > Math.min(longestPatienceMs, patienceMs)
  }

  /** The rate of a series; NaN where its process has stopped. */
  rate(id: number): number {
    return this.hasStopped(this.series.process[id] ?? -1) ? Number.NaN : (this.series.rate[id] ?? Number.NaN)
  }

  /**
   * The same as another object, and so all in it that changes: a component that is given what it was given before is not
   * drawn again. It is for one drawing, as the numbers of series go on to change in it.
   */
  view(): Model {
    return Object.assign(new Model(), this, {
      series: this.series.view(),
      processes: [...this.processes],
      metrics: [...this.metrics],
      seriesOf: [...this.seriesOf],
      points: [...this.points]
    })
  }

  /** The same, which goes on apart from this. There may be more series than a call takes arguments. */
  copy(): Model {
    const copy = new Model()
    copy.startedAt = this.startedAt
    copy.now = this.now
    copy.from = this.from
    copy.law = this.law
    copy.health = this.health
    copy.series = this.series.copy()
    copy.processes = this.processes.slice()
    copy.metrics = this.metrics.slice()
    copy.seriesOf = this.seriesOf.slice()
    copy.points = this.points.slice()
    copy.intervals = this.intervals.slice()
    return copy
  }
}

export const isDistribution = (metric: Metric | undefined): boolean =>
  metric?.kind === "histogram" || metric?.kind === "exponentialHistogram" || metric?.kind === "summary"

export const isCumulative = (metric: Metric | undefined): boolean =>
  metric?.kind === "counter" || isDistribution(metric)
