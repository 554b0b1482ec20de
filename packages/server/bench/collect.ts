/** What a collection costs, up to OpenTelemetry's `ResourceMetrics`: what an exporter encodes. Every way is warm. */
import { claim, interleave, medians, of, median, ratio, type Result, type Subject } from "./harness.ts"
import { bridge } from "./collect/bridge.ts"
import { otelSdk } from "./collect/otel-sdk.ts"
import { ours } from "./collect/ours.ts"
import type { Collected } from "./collect/points.ts"

const subject = (name: string, size: number, { collect }: Collected): Subject => ({
  name,
  run: async (calls) => {
    for (let call = 0; call < calls; call++) claim(name, await collect(), size)
  },
  check: () => {}
})

/** Measures the `collect_*` figures. */
export const measure = async (): Promise<ReadonlyArray<Result>> => {
  const ten = await interleave(
    [
      subject("ours", 10_000, await ours(10_000)),
      subject("OpenTelemetry SDK", 10_000, otelSdk(10_000)),
      subject("bridge", 10_000, await bridge(10_000))
    ],
    { rounds: 30, batchMs: 20, warmups: 15 }
  )
  const growth = await interleave(
    [subject("10,000", 10_000, await ours(10_000)), subject("100,000", 100_000, await ours(100_000))],
    { rounds: 30, batchMs: 20, warmups: 15 }
  )
  const scaling = of(growth, "100,000").map(
    (nanos, round) => nanos / (10 * (of(growth, "10,000")[round] ?? Number.NaN))
  )
  return [
    ratio("collect_10k_vs_otel_sdk", ten, { of: "ours", to: "OpenTelemetry SDK" }),
    ratio("collect_10k_vs_bridge", ten, { of: "ours", to: "bridge" }),
    { name: "collect_scaling", value: median(scaling), unit: "ratio", samples: scaling.length },
    ...medians("collect", ten),
    ...medians("collect", growth)
  ]
}
