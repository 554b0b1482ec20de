/**
 * What has been received, by ids: processes, metrics and series, and which of them changed since the last tick. Its part
 * of receiving a point is a few assignments; everything else waits for the tick.
 */
import type * as Protocol from "../protocol/live.ts"
import { canonicalJson, keyOf } from "../receiver/canonical-json.ts"
import type { Attributes, Series } from "../receiver/model.ts"
import { processNameOf } from "./process-name.ts"
import { attributeTexts, cut } from "./attribute-texts.ts"
import { millisOf } from "./time.ts"

/** A sender, and when it was heard of. */
export interface KnownProcess {
  readonly id: number
  readonly service: string
  readonly instance: string
  readonly resource: Readonly<Record<string, string>>
  firstSeenAt: number
  lastSeenAt: number
  /** The newest time of its points. */
  pointTime: number
  /** The same as of the tick before; absent for a process that is new. */
  previousPointTime?: number
  lagMs: number
  /** Between the times of its last two exports, or of the two before where that is longer; unknown after one. */
  intervalMs?: number
  /** In how many ticks it has sent something. */
  reports: number
}

export interface KnownMetric {
  readonly id: number
  readonly name: string
  readonly kind: Protocol.Metric["kind"]
  unit: string
  description: string
  /** Whose description is shown, where several processes differ. */
  readonly definedBy: KnownProcess
  readonly series: Array<KnownSeries>
}

export interface KnownSeries {
  readonly id: number
  readonly metric: KnownMetric
  readonly process: KnownProcess
  current: Series
  /** Of its newest point, in milliseconds. */
  time: number
  /** As it was at the tick before; absent for a series that is new. */
  seen?: Series
  seenTime: number
  isChanged: boolean
}

/** What is new or has changed since the last tick. */
export interface Changes {
  readonly processes: ReadonlyArray<KnownProcess>
  readonly metrics: ReadonlyArray<KnownMetric>
  /** Those that are new; their ids go on where the last ones ended. */
  readonly added: ReadonlyArray<KnownSeries>
  /** Those with new points. */
  readonly series: ReadonlyArray<KnownSeries>
}

export interface Inventory {
  readonly change: (storeId: number, after: Series) => void
  /** The points since the last call came with a request of this time. */
  readonly received: (atMillis: number) => void
  /** The changes since the last call. */
  readonly take: () => Changes
  /** After `take`: what is seen now is what the next changes are compared with. */
  readonly settle: (changes: Changes) => void
  /** All that `take` has told so far, as one change. */
  readonly announced: () => Changes
  readonly processes: () => ReadonlyArray<KnownProcess>
  readonly metricsNamed: (name: string) => ReadonlyArray<KnownMetric>
  readonly clear: () => void
}

interface State {
  readonly processes: Map<string, KnownProcess>
  /** By kind and name: two that share a name and differ in kind are two. */
  readonly metrics: Map<string, KnownMetric>
  readonly series: Array<KnownSeries>
  readonly byStoreId: Array<KnownSeries>
  /** Series whose sender changed its mind about their kind, by id and kind. */
  readonly ofOtherKind: Map<string, KnownSeries>
  readonly touched: Set<KnownProcess>
  changedProcesses: Set<KnownProcess>
  changedMetrics: Set<KnownMetric>
  changedSeries: Array<KnownSeries>
  /** How many series earlier changes had. */
  announced: number
}

const emptyState = (): State => ({
  processes: new Map(),
  metrics: new Map(),
  series: [],
  byStoreId: [],
  ofOtherKind: new Map(),
  touched: new Set(),
  changedProcesses: new Set(),
  changedMetrics: new Set(),
  changedSeries: [],
  announced: 0
})

export const makeInventory = (): Inventory => {
  let state = emptyState()
  return {
    change: (storeId, after) => {
      const one = seriesFor(state, storeId, after)
      const time = millisOf(after.timeUnixNano)
      one.current = after
      one.time = time
      if (!one.isChanged) {
        one.isChanged = true
        state.changedSeries.push(one)
      }
      state.touched.add(one.process)
      if (time > one.process.pointTime) {
        one.process.pointTime = time
      }
    },
    received: (atMillis) => {
      for (const process of state.touched) {
        process.firstSeenAt = process.firstSeenAt === 0 ? atMillis : process.firstSeenAt
        process.lastSeenAt = atMillis
        process.lagMs = atMillis - process.pointTime
        state.changedProcesses.add(process)
      }
      state.touched.clear()
    },
    take: () => takeChanges(state),
    settle: ({ processes, series }) => {
      for (const one of series) {
        one.seen = one.current
        one.seenTime = one.time
      }
      processes.forEach(settleProcess)
    },
    announced: () => announcedOf(state),
    processes: () => [...state.processes.values()],
    metricsNamed: (name) => kinds.flatMap((kind) => state.metrics.get(metricKey(kind, name)) ?? []),
    clear: () => {
      state = emptyState()
    }
  }
}

const settleProcess = (process: KnownProcess): void => {
  const { intervalMs, pointTime, previousPointTime } = process
  process.reports += 1
  if (previousPointTime !== undefined && pointTime > previousPointTime) {
    // One export may come as several requests, and a process may have two readers: the longest of late is what counts.
    process.intervalMs = Math.max(pointTime - previousPointTime, (intervalMs ?? 0) * 0.7)
  }
  process.previousPointTime = pointTime
}

const kinds: ReadonlyArray<KnownMetric["kind"]> = [
  "gauge",
  "counter",
  "updown",
  "histogram",
  "exponentialHistogram",
  "summary"
]

/** The kind of a series as the page names it. */
export const kindOf = (series: Series): KnownMetric["kind"] =>
  series.kind === "sum" ? (series.isMonotonic ? "counter" : "updown") : series.kind

/** By the name that pages know it by. */
const metricKey = (kind: KnownMetric["kind"], name: string): string => `${kind} ${cut(name)}`

const seriesFor = (state: State, storeId: number, after: Series): KnownSeries => {
  const known = state.byStoreId[storeId]
  const kind = kindOf(after)
  if (known?.metric.kind === kind) {
    return known
  }
  const key = `${storeId} ${kind}`
  const one = state.ofOtherKind.get(key) ?? addSeries(state, after)
  if (known !== undefined) {
    state.ofOtherKind.set(key, one)
    state.ofOtherKind.set(`${storeId} ${known.metric.kind}`, known)
  }
  state.byStoreId[storeId] = one
  return one
}

const addSeries = (state: State, series: Series): KnownSeries => {
  const process = processFor(state, series.resource)
  const metric = metricFor(state, series, process)
  const one: KnownSeries = {
    id: state.series.length,
    metric,
    process,
    current: series,
    time: 0,
    seenTime: 0,
    isChanged: false
  }
  state.series.push(one)
  metric.series.push(one)
  return one
}

const processFor = (state: State, attributes: Attributes): KnownProcess => {
  const key = keyOf(canonicalJson(attributes))
  const known = state.processes.get(key)
  if (known !== undefined) {
    return known
  }
  const resource = attributeTexts(attributes)
  const process: KnownProcess = {
    id: state.processes.size,
    ...processNameOf(resource),
    resource,
    firstSeenAt: 0,
    lastSeenAt: 0,
    pointTime: 0,
    lagMs: 0,
    reports: 0
  }
  state.processes.set(key, process)
  return process
}

const metricFor = (state: State, series: Series, process: KnownProcess): KnownMetric => {
  const kind = kindOf(series)
  const key = metricKey(kind, series.name)
  const known = state.metrics.get(key)
  if (known !== undefined) {
    return known
  }
  const { description, name, unit } = series
  const metric: KnownMetric = {
    id: state.metrics.size,
    name: cut(name),
    kind,
    unit: cut(unit),
    description: cut(description),
    definedBy: process,
    series: []
  }
  state.metrics.set(key, metric)
  state.changedMetrics.add(metric)
  return metric
}

const takeChanges = (state: State): Changes => {
  const series = state.changedSeries.sort((a, b) => a.id - b.id)
  let last: KnownMetric | undefined
  for (const one of series) {
    one.isChanged = false
    // Those of a metric mostly follow each other, and agree.
    if (one.metric !== last) {
      last = one.metric
      redefine(state, one)
    }
  }
  const changes = {
    processes: [...state.changedProcesses],
    metrics: [...state.changedMetrics],
    added: state.series.slice(state.announced),
    series
  }
  state.changedProcesses = new Set()
  state.changedMetrics = new Set()
  state.changedSeries = []
  state.announced = state.series.length
  return changes
}

/** A process or a metric that is newer than the last `take` is told of again by the next one. */
const announcedOf = (state: State): Changes => {
  const series = state.series.slice(0, state.announced)
  return { processes: [...state.processes.values()], metrics: [...state.metrics.values()], added: series, series }
}

/** Takes over what a sender says now of a metric that it defined. */
const redefine = (state: State, { current, metric, process }: KnownSeries): void => {
  if (metric.definedBy !== process) {
    return
  }
  const [unit, description] = [cut(current.unit), cut(current.description)]
  if (metric.unit !== unit || metric.description !== description) {
    metric.unit = unit
    metric.description = description
    state.changedMetrics.add(metric)
  }
}
