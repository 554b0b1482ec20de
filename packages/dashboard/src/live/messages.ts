/** What is sent to pages, as the protocol has it. */
import type * as Protocol from "../protocol/live.ts"
import { attributeTexts } from "./attribute-texts.ts"
import { isShared } from "./shared-metric.ts"
import type { Changes, KnownMetric, KnownProcess, KnownSeries } from "./inventory.ts"
import { rounded } from "./rounded.ts"
import { runbooksOf } from "./runbooks.ts"
import { shownSum, shownValue } from "./series-value.ts"

/** What a tick says of the whole. */
export type Overview = Pick<Protocol.Tick, "now" | "charts" | "law" | "health">

export const tickOf = (changes: Changes, overview: Overview, isReset: boolean): Protocol.Tick => ({
  now: overview.now,
  ...(isReset ? { isReset: true } : {}),
  processes: changes.processes.map(processOf),
  metrics: changes.metrics.map(metricOf),
  series: changes.added.map(seriesOf),
  values: valuesOf(changes.series),
  charts: overview.charts,
  law: overview.law,
  health: overview.health
})

const processOf = ({ firstSeenAt, id, instance, lastSeenAt, resource, service }: KnownProcess): Protocol.Process => ({
  id,
  service,
  instance,
  resource,
  firstSeenAt,
  lastSeenAt
})

const metricOf = ({ description, id, kind, name, unit }: KnownMetric): Protocol.Metric => {
  const runbooks = runbooksOf(name)
  return {
    id,
    name,
    kind,
    unit,
    description,
    ...(isShared(name) ? { isShared: true } : {}),
    ...(runbooks === undefined ? {} : { runbooks })
  }
}

const seriesOf = ({ current, id, metric, process }: KnownSeries): Protocol.Series => ({
  id,
  metric: metric.id,
  process: process.id,
  labels: attributeTexts(current.attributes)
})

interface Group {
  readonly time: number
  last: number
  readonly ids: Array<number>
  readonly values: Array<number>
  readonly sums: Array<number>
}

/** The values by the times of their points: those of a request mostly have one. In ascending order of ids. */
const valuesOf = (series: ReadonlyArray<KnownSeries>): ReadonlyArray<Protocol.Values> => {
  const groups = new Map<number, Group>()
  let group: Group | undefined
  for (const { current, id, time } of series) {
    if (group?.time !== time) {
      group = groups.get(time) ?? { time, last: 0, ids: [], values: [], sums: [] }
      groups.set(time, group)
    }
    group.ids.push(id - group.last)
    group.last = id
    group.values.push(rounded(shownValue(current)))
    const sum = shownSum(current)
    if (sum !== undefined) {
      group.sums.push(rounded(sum))
    }
  }
  return Array.from(groups.values(), ({ ids, sums, time, values }) => ({ time: Math.round(time), ids, values, sums }))
}
