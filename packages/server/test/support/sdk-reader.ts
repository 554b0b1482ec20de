import { MetricReader } from "@opentelemetry/sdk-metrics"

/** Collects from a provider of OpenTelemetry's SDK when it is asked to. */
export class Reader extends MetricReader {
  protected override onShutdown = (): Promise<void> => Promise.resolve()
  protected override onForceFlush = (): Promise<void> => Promise.resolve()
}
