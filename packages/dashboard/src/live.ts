/**
 * From what a receiver stores to what pages see: one tick a second for all of them. While nobody looks, a tick only
 * keeps the past of charts and series, so that it is there for who comes late.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type { Scope } from "effect/Scope"
import { makeChartHistory } from "./live/chart-history.ts"
import { makeCharts } from "./live/charts.ts"
import { detailOf } from "./live/detail.ts"
import { makeEvent, type SharedEvent } from "./live/event.ts"
import { makeHealthLog } from "./live/health.ts"
import { makeHeat } from "./live/heat.ts"
import { type Changes, makeInventory } from "./live/inventory.ts"
import { makeLawOfJobs } from "./live/law.ts"
import { type Overview, tickOf } from "./live/messages.ts"
import { makeSeriesHistory } from "./live/series-history.ts"
import { makeTraceStore, type TraceStore } from "./live/traces/trace-store.ts"
import { makeViewers, type Viewers } from "./live/viewers.ts"
import type { MetricDetail, State } from "./protocol/live.ts"
import type { Observer } from "./receiver/observer.ts"

export interface LiveOptions {
  /** What the series of the receiver may hold, in bytes. */
  readonly storeLimit: number
  /** The most memory that the past of series takes, in bytes; the default is 64 MiB. */
  readonly historyLimit?: number
  /** The most memory that traces take, in bytes; the default is 64 MiB. */
  readonly tracesLimit?: number
  /** How many pages may look at once; the default is 64. */
  readonly maxViewers?: number
}

export interface Live {
  /** To be told by the receiver. */
  readonly observer: Observer
  readonly viewers: Viewers
  /** Everything, as of the last tick. */
  readonly state: () => SharedEvent
  /** The traces that have arrived, to be given to the receiver. */
  readonly traces: TraceStore
  /** `undefined` where no metric has the name. */
  readonly detail: (name: string) => MetricDetail | undefined
}

/** Ticks until the scope closes. */
export const makeLive = (options: LiveOptions): Effect.Effect<Live, never, Scope> =>
  Effect.gen(function* () {
    const { tick, ...live } = makeTicker(options, yield* Clock.currentTimeMillis)
    yield* Clock.currentTimeMillis.pipe(
      Effect.map(tick),
      Effect.repeat(Schedule.fixed("1 second")),
      Effect.delay("1 second"),
      Effect.forkScoped
    )
    return live
  })

interface Ticker extends Live {
  readonly tick: (now: number) => void
}

/** All parts of the page's numbers. */
const makeParts = ({ historyLimit, storeLimit, tracesLimit }: LiveOptions) => {
  const parts = {
    traces: makeTraceStore(tracesLimit),
    inventory: makeInventory(),
    charts: makeCharts(),
    chartHistory: makeChartHistory(),
    history: makeSeriesHistory(historyLimit),
    heat: makeHeat(),
    law: makeLawOfJobs(),
    health: makeHealthLog(storeLimit)
  }
  return {
    ...parts,
    clear: () => Object.values(parts).forEach((part) => part.clear())
  }
}

type Parts = ReturnType<typeof makeParts>

const makeTicker = (options: LiveOptions, startedAt: number): Ticker => {
  const parts = makeParts(options)
  const { chartHistory, health, heat, history, inventory, traces } = parts
  const viewers = makeViewers(options.maxViewers ?? 64)
  let isCleared = false
  let last: Overview | undefined
  let state: SharedEvent | undefined
  const makeState = (): State => ({
    startedAt,
    history: chartHistory.points(),
    ...tickOf(inventory.announced(), last ?? overviewOf(parts, startedAt), false)
  })
  return {
    observer: {
      series: inventory.change,
      request: (record, storeBytes) => {
        inventory.received(record.receivedAtMillis)
        health.request(record, storeBytes)
      },
      violation: health.violation,
      cleared: () => {
        parts.clear()
        isCleared = true
        last = undefined
        state = undefined
      }
    },
    viewers,
    traces,
    tick: (now) => {
      traces.expire(now)
      const changes = takeChanges(parts, now)
      const overview = overviewOf(parts, now)
      const isReset = isCleared
      chartHistory.add(overview.charts)
      last = overview
      isCleared = false
      state = undefined
      viewers.send(() => makeEvent("tick", tickOf(changes, overview, isReset)))
    },
    state: () => (state ??= makeEvent("state", makeState())),
    detail: (name) => {
      const metrics = inventory.metricsNamed(name)
      return metrics.length === 0 ? undefined : detailOf(metrics, { history, heat, traces })
    }
  }
}

const overviewOf = ({ charts, health, inventory, law }: Parts, now: number): Overview => ({
  now,
  charts: charts.point(now),
  law: law.check(now, charts.held(now)),
  health: health.now(inventory.processes())
})

/** What has changed since the last tick, and is past from now on. */
const takeChanges = ({ charts, health, heat, history, inventory, law }: Parts, now: number): Changes => {
  const changes = inventory.take()
  for (const one of changes.series) {
    history.change(one)
    heat.change(one, now)
    charts.change(one, now)
    law.change(one)
    health.change(one)
  }
  inventory.settle(changes)
  return changes
}
