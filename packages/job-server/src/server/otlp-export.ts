/** Where signals go, besides the metrics that the audit reads: all three to one address, or spans and log records to its receiver. */
import type { OtlpOptions, TelemetryOptions } from "@parametric-portal/server/observe/telemetry"

export interface OtlpExport extends Pick<TelemetryOptions, "traces" | "logs"> {
  readonly metrics: ReadonlyArray<OtlpOptions>
}

/** Every statement of SQL is a span, and all jobs of a folder come at once: none of them is to be dropped. */
const maxQueueSize = 50_000

/** To this address with the path of each signal added, as `OTEL_EXPORTER_OTLP_ENDPOINT` names it; without one, nothing. */
export const otlpExport = (base: string | undefined): OtlpExport => {
  if (base === undefined) {
    return { metrics: [] }
  }
  return { metrics: [{ type: "otlp", url: addressOf(base, "metrics") }], ...recordsExport(base) }
}

/** Spans and log records to this address, with the path of each signal added. */
export const recordsExport = (base: string): Pick<OtlpExport, "traces" | "logs"> => {
  const records = (signal: string) => ({ exporter: "otlp", url: addressOf(base, signal), maxQueueSize }) as const
  // The audit says how many spans of attempts there were: all of them are exported.
  return { traces: { ...records("traces"), sampler: "always_on" }, logs: records("logs") }
}

const addressOf = (base: string, signal: string): string => {
  const address = new URL(base)
  address.pathname = `${address.pathname.replace(/\/+$/, "")}/v1/${signal}`
  return address.href
}
