/**
 * Tells when the exporter of `@effect/opentelemetry` reads Effect's global registry. Nobody is told who reads a registry,
 * so one of our hooks in it looks at the stack of whoever reads that. A snapshot that is taken by a test, a page or a tool
 * is none of an exporter's, however often it is taken (`docs/decisions/0034-double-export.md`).
 */
import * as Metric from "effect/Metric"
import * as MetricHook from "effect/MetricHook"
import * as MetricKey from "effect/MetricKey"
import * as MetricState from "effect/MetricState"
import { stackBelow } from "../instrument/call-site.ts"
import { adopt, type AnyKey, forget, onRead } from "../instrument/registry.ts"

/** The name of the entry that stands in for a series of ours, and which our own collection passes over. */
export const probeName = "parametric_portal_reader_probe"

/**
 * Calls a function after an exporter has read the registry, until what is returned is called. It looks where one of our
 * series is read; where the registry has none of ours, an entry without a value stands in for it.
 */
export const placeProbe = (series: AnyKey | undefined, seen: () => void): (() => void) => {
  const look = (): void => {
    if (exporter.test(stackBelow(look))) {
      // Not in the middle of what somebody else reads.
      queueMicrotask(seen)
    }
  }
  return (series === undefined ? undefined : onRead(Metric.globalMetricRegistry, series, look)) ?? standIn(look)
}

const standIn = (look: () => void): (() => void) => {
  const key = MetricKey.frequency(probeName, {
    description: "Has no value: it tells @parametric-portal/server who reads this registry."
  })
  const get = (): MetricState.MetricState.Frequency => {
    look()
    return MetricState.frequency(new Map())
  }
  adopt(Metric.globalMetricRegistry, key, MetricHook.make({ get, update: () => {}, modify: () => {} }))
  return () => {
    forget(Metric.globalMetricRegistry, key)
  }
}

/**
 * The two files of the package that export metrics, or, in a bundle, the method that does. Its tracer is on the stack of
 * all that is traced, and says nothing.
 */
const exporter =
  /[/\\]@effect[/\\]opentelemetry[/\\].*[/\\](?:internal[/\\]metrics|OtlpMetrics)\.[cm]?[jt]s\b|\bMetricProducerImpl\d*\.collect\b/u
