/** The event loop: how late it was, how busy, and how long it spent in each state. */
import { type IntervalHistogram, monitorEventLoopDelay, performance } from "node:perf_hooks"
import * as Effect from "effect/Effect"
import * as GlobalValue from "effect/GlobalValue"
import type * as Scope from "effect/Scope"
import { held } from "../instrument/held.ts"
import type { EventLoopSettings } from "./options.ts"
import { observeTotals, observeValue, type Recorded } from "./recorded.ts"

/** Observes delay, utilisation and time of the event loop. */
export const observeEventLoop = (
  { meter, runtime }: Recorded,
  settings: EventLoopSettings
): Effect.Effect<void, never, Scope.Scope> =>
  Effect.gen(function* () {
    const { resolutionMs, windowMs } = settings
    const loop = yield* held(thisProcess, `event loop ${resolutionMs} ${windowMs}`, openWindows(settings))
    const gauges = [
      [runtime.eventLoopDelayMin, "min"],
      [runtime.eventLoopDelayMax, "max"],
      [runtime.eventLoopDelayMean, "mean"],
      [runtime.eventLoopDelayP50, "p50"],
      [runtime.eventLoopDelayP90, "p90"],
      [runtime.eventLoopDelayP99, "p99"],
      [runtime.eventLoopUtilization, "utilization"]
    ] as const
    for (const [gauge, part] of gauges) {
      yield* observeValue(meter, gauge, () => loop.read()[part])
    }
    yield* observeTotals(meter, runtime.eventLoopTime, () => {
      const { active, idle } = performance.eventLoopUtilization()
      return [
        { labels: { nodejs_eventloop_state: "active" }, total: active / 1000 },
        { labels: { nodejs_eventloop_state: "idle" }, total: idle / 1000 }
      ]
    })
  })

/** The owner of what all registries of a process share. */
const thisProcess = GlobalValue.globalValue(Symbol.for("@parametric-portal/server/runtime/process"), () => ({}))

/** How long the last window of a closed monitor is told: a shutdown takes less. */
const lastMs = 60_000

/** What a histogram had when it was read; in nanoseconds. */
interface Seen {
  readonly count: number
  readonly sum: number
  readonly max: number
}

const sumOf = ({ count, mean }: IntervalHistogram): number => (count === 0 ? 0 : count * mean)

/** What a window has come to: seconds of delay, and the part of the time that was busy; absent where nothing is known. */
interface Window {
  readonly min?: number
  readonly max?: number
  readonly mean?: number
  readonly p50?: number
  readonly p90?: number
  readonly p99?: number
  readonly utilization?: number
}

const openWindows = (settings: EventLoopSettings): Effect.Effect<Windows, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => new Windows(settings)),
    (windows) => Effect.sync(() => windows.close())
  )

/**
 * One window after the other, each until somebody collects when it is long enough. Node forgets the interval that is under
 * way when its histogram is reset, and so a stall in it. So a window has a histogram of its own, and the one before goes
 * on until the new one has ticked: what it saw of a stall since it was read is in the maximum of the next window.
 */
class Windows {
  private readonly settings: EventLoopSettings
  private histogram: IntervalHistogram
  private startMs = performance.now()
  private usage = performance.eventLoopUtilization()
  private last: Window | undefined
  /** Nanoseconds: the longest interval that ended after its window was read. */
  private lateNanos = 0
  private handOver: (() => void) | undefined
  private closedMs: number | undefined

  constructor(settings: EventLoopSettings) {
    this.settings = settings
    this.histogram = this.start()
  }

  /** The last window that is complete; before there is one, the one that is under way. */
  read(): Window {
    if (this.closedMs !== undefined) {
      return performance.now() - this.closedMs < lastMs ? (this.last ?? {}) : {}
    }
    // While the loop has not turned since the last window, what it has been in is not known yet.
    const isBlocked = this.handOver !== undefined && this.histogram.count === 0
    if (!this.isComplete() || isBlocked) {
      return this.last ?? this.current()
    }
    this.handOver?.()
    const window = this.current()
    this.last = window
    this.lateNanos = 0
    this.handOver = this.retire(this.histogram)
    this.histogram = this.start()
    this.startMs = performance.now()
    this.usage = performance.eventLoopUtilization()
    return window
  }

  /** The window under way is the last one, if it is long enough or there is no other. */
  close(): void {
    this.handOver?.()
    this.last = this.last === undefined || this.isComplete() ? this.current() : this.last
    this.closedMs = performance.now()
    this.histogram.disable()
  }

  private isComplete(): boolean {
    return performance.now() - this.startMs >= this.settings.windowMs
  }

  private start(): IntervalHistogram {
    const histogram = monitorEventLoopDelay({ resolution: this.settings.resolutionMs })
    histogram.enable()
    return histogram
  }

  /** Ends a histogram once the next one has ticked; what is returned ends it at once. */
  private retire(histogram: IntervalHistogram): () => void {
    const seen = { count: histogram.count, sum: sumOf(histogram), max: histogram.count === 0 ? 0 : histogram.max }
    const end = (): void => {
      clearTimeout(timer)
      this.handOver = undefined
      this.lateNanos = this.longestSince(histogram, seen)
      histogram.disable()
    }
    const timer = setTimeout(end, 3 * this.settings.resolutionMs)
    timer.unref()
    return end
  }

  /**
   * The longest interval since then, in nanoseconds. Where it is not the longest of all, it is what the intervals come to
   * without those that were on time; and nothing, where that is no stall.
   */
  private longestSince(histogram: IntervalHistogram, seen: Seen): number {
    if (histogram.count > 0 && histogram.max > seen.max) {
      return histogram.max
    }
    const resolution = this.settings.resolutionMs * 1e6
    const longest = sumOf(histogram) - seen.sum - (histogram.count - seen.count - 1) * resolution
    return histogram.count > seen.count && longest > 2 * resolution ? longest : 0
  }

  private current(): Window {
    const { active, idle } = performance.eventLoopUtilization(this.usage)
    const busy = active + idle > 0 ? { utilization: Math.min(1, Math.max(0, active / (active + idle))) } : {}
    const { histogram, lateNanos } = this
    if (histogram.count === 0) {
      return lateNanos > 0 ? { ...busy, max: this.delay(lateNanos) } : busy
    }
    return {
      ...busy,
      min: this.delay(histogram.min),
      max: this.delay(Math.max(histogram.max, lateNanos)),
      mean: this.delay(histogram.mean),
      p50: this.delay(histogram.percentile(50)),
      p90: this.delay(histogram.percentile(90)),
      p99: this.delay(histogram.percentile(99))
    }
  }

  /** Node records the time between two ticks: what is above the resolution is delay. */
  private delay(nanos: number): number {
    return Math.max(0, nanos / 1e9 - this.settings.resolutionMs / 1e3)
  }
}
