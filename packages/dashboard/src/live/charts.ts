/** The charts of all screens, from the points that processes send. */
import type { ChartName, ChartPoint, Lines } from "../protocol/live.ts"
import { type ChartRole, chartRoles } from "./chart-lines.ts"
import { makeClusterGauge } from "./cluster-gauge.ts"
import { eachChart } from "./each-chart.ts"
import type { KnownSeries } from "./inventory.ts"
import { makeLevels } from "./levels.ts"
import { makeQuantiles } from "./quantiles.ts"
import { makeRates } from "./rates.ts"

export interface Charts {
  /** A series has a new point. */
  readonly change: (one: KnownSeries, now: number) => void
  readonly point: (now: number) => ChartPoint
  /** The gauge of the jobs that are held, which the law needs too. */
  readonly held: (now: number) => number | undefined
  readonly clear: () => void
}

/** To be called for each new point of a series. */
type Change = (now: number) => void

export const makeCharts = (): Charts => {
  const parts = { rates: makeRates(), quantiles: makeQuantiles(), levels: makeLevels(), queue: makeClusterGauge() }
  const draw = linesOfCharts(parts)
  /** By the id of the series. */
  let changes: Array<ReadonlyArray<Change>> = []
  return {
    change: (one, now) => {
      const own =
        changes[one.id] ?? chartRoles(one.metric.name, one.current.attributes).map((role) => watch(parts, one, role))
      changes[one.id] = own
      own.forEach((change) => change(now))
    },
    point: (now) => ({ time: now, ...eachChart((chart) => draw[chart](now)) }),
    held: parts.queue.total,
    clear: () => {
      Object.values(parts).forEach((part) => part.clear())
      changes = []
    }
  }
}

interface Parts {
  readonly rates: ReturnType<typeof makeRates>
  readonly quantiles: ReturnType<typeof makeQuantiles>
  readonly levels: ReturnType<typeof makeLevels>
  readonly queue: ReturnType<typeof makeClusterGauge>
}

const watch = ({ levels, quantiles, queue, rates }: Parts, one: KnownSeries, role: ChartRole): Change => {
  switch (role.kind) {
    case "rate":
      return rates.watch(one, role)
    case "quantiles":
      return quantiles.watch(one, role)
    case "level":
      return levels.watch(one, role)
    case "queue":
      return (now) => queue.change(one, { line: role.line, now })
  }
}

const linesOfCharts = (parts: Parts): Readonly<Record<ChartName, (now: number) => Lines>> => {
  const { levels, quantiles, queue, rates } = parts
  return {
    jobs: (now) => rates.lines("jobs", now),
    queue: queue.lines,
    failures: (now) => rates.largest("failures", now),
    processing: (now) => quantiles.lines("processing", now),
    wait: (now) => quantiles.lines("wait", now),
    messages: (now) => quantiles.lines("messages", now),
    requests: (now) => rates.lines("requests", now),
    errors: (now) => rates.largest("errors", now),
    requestTime: (now) => quantiles.lines("requestTime", now),
    inFlight: (now) => levels.sums("inFlight", now),
    operations: (now) => rates.largest("operations", now),
    operationTime: (now) => quantiles.lines("operationTime", now),
    calls: (now) => rates.largest("calls", now),
    callTime: (now) => quantiles.lines("callTime", now),
    delay: (now) => levels.largest("delay", now),
    utilization: (now) => levels.largest("utilization", now),
    heap: (now) => levels.ofLargest("heap", "used", now),
    garbage: (now) => rates.largest("garbage", now),
    processor: (now) => rates.largest("processor", now),
    memory: (now) => levels.ofLargest("memory", "resident", now),
    pools: (now) => levels.sums("pools", now),
    caches: (now) => rates.lines("caches", now)
  }
}
