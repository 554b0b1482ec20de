/** All three signals to one address, besides the receiver that the audit reads. */
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
  const records = (signal: string) => ({ exporter: "otlp", url: addressOf(base, signal), maxQueueSize }) as const
  return {
    metrics: [{ type: "otlp", url: addressOf(base, "metrics") }],
    // The audit says how many spans of attempts there were: all of them are exported.
    traces: { ...records("traces"), sampler: "always_on" },
    logs: records("logs")
  }
}

const addressOf = (base: string, signal: string): string => {
  const address = new URL(base)
  address.pathname = `${address.pathname.replace(/\/+$/, "")}/v1/${signal}`
  return address.href
}
