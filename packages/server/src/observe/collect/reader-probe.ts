/**
 * Tells when the exporter of `@effect/opentelemetry` reads Effect's global registry. Nobody is told who reads a registry,
 * so an entry without a value stands in it, which looks at the stack of whoever reads it. A snapshot that is taken by a
 * test, a page or a tool is none of an exporter's, however often it is taken (`docs/decisions/0034-double-export.md`).
 */
import * as Metric from "effect/Metric"
import * as MetricHook from "effect/MetricHook"
import * as MetricKey from "effect/MetricKey"
import * as MetricState from "effect/MetricState"
import { stackBelow } from "../instrument/call-site.ts"
import { adopt, forget } from "../instrument/registry.ts"

const key = MetricKey.frequency("parametric_portal_reader_probe", {
  description: "Has no value: it tells @parametric-portal/server who reads this registry."
})

/** The name of the entry, which our own collection passes over. */
export const probeName = key.name

/** Calls a function after an exporter has read the registry, until the probe is removed. */
export const placeProbe = (seen: () => void): void => {
  const get = (): MetricState.MetricState.Frequency => {
    if (exporter.test(stackBelow(get))) {
      // Not in the middle of what somebody else reads.
      queueMicrotask(seen)
    }
    return MetricState.frequency(new Map())
  }
  adopt(Metric.globalMetricRegistry, key, MetricHook.make({ get, update: () => {}, modify: () => {} }))
}

/** Takes the entry out of the registry. */
export const removeProbe = (): void => {
  forget(Metric.globalMetricRegistry, key)
}

/**
 * The two files of the package that export metrics, or, in a bundle, the method that does. Its tracer is on the stack of
 * all that is traced, and says nothing.
 */
const exporter =
  /[/\\]@effect[/\\]opentelemetry[/\\].*[/\\](?:internal[/\\]metrics|OtlpMetrics)\.[cm]?[jt]s\b|\bMetricProducerImpl\d*\.collect\b/u
