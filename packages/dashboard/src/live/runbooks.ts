/** The runbooks of the alerts that watch a metric of the catalogue. */
import { runbooks, watched } from "./generated/runbooks.ts"

const byMetric = new Map<string, Array<string>>()
for (const [alert, metrics] of Object.entries(watched)) {
  for (const metric of metrics.split(" ")) {
    byMetric.set(metric, [...(byMetric.get(metric) ?? []), `${runbooks}${alert}.md`])
  }
}

/** The addresses of the runbooks, by the metric's name on OTLP; `undefined` where no alert watches it. */
export const runbooksOf = (metric: string): ReadonlyArray<string> | undefined => byMetric.get(metric)
