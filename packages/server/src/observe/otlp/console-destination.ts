/** Metrics on standard output, a line of JSON for each, for looking at them while developing. */
import * as Clock from "effect/Clock"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import type { Collector } from "../collect/registries.ts"
import type { Destination, ExportReport } from "../collect/destination.ts"
import { inSlices } from "../collect/pause.ts"
import type { ExportMetric, Point } from "../collect/points/point.ts"

/** Writes cumulative values through Effect's `Console`. */
export const makeConsoleDestination = (collector: Collector): Destination => {
  const write: Effect.Effect<ExportReport> = Effect.gen(function* () {
    const metrics = new Map<ExportMetric, Array<unknown>>()
    let points = 0
    yield* inSlices(collector.collect(yield* Clock.currentTimeNanos), (point) => {
      if (point !== undefined) {
        points += 1
        const known = metrics.get(point.metric) ?? []
        known.push(lineOf(point))
        metrics.set(point.metric, known)
      }
      return true
    })
    for (const [{ kind, name, unit }, series] of metrics) {
      yield* Console.log(JSON.stringify({ name, kind, unit, series }))
    }
    return { requests: 1, points, rejected: 0, failures: [] }
  })
  return { stream: "console", name: "console", export: write, end: Effect.asVoid(write) }
}

const lineOf = ({ series, value }: Point): unknown => ({ attributes: series.attributes, value })
