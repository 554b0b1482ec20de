/**
 * What a collection costs, up to OpenTelemetry's `ResourceMetrics`: what an exporter encodes. Every way is warm. Either every
 * series has moved since the last collection, or none has (idle).
 */
import { bridge } from "./collect/bridge.ts"
import { otelSdk } from "./collect/otel-sdk.ts"
import { ours } from "./collect/ours.ts"
import type { Collected } from "./collect/points.ts"
import { claim, collectYoung, interleave, medians, ratio, type Result, type Rounds, type Subject } from "./harness.ts"

const subject = (name: string, size: number, { collect, move }: Collected): Subject => ({
  name,
  prepare: () => {
    move()
    collectYoung()
  },
  run: async (calls) => {
    for (let call = 0; call < calls; call++) {
      claim(name, await collect(), size)
    }
  },
  check: () => {}
})

const idleSubject = (name: string, size: number, collected: Collected): Subject => {
  collected.move()
  const { check, run } = subject(name, size, collected)
  return { name, prepare: collectYoung, run, check }
}

// One collection is a batch, as all series move before each.
const rounds: Rounds = { rounds: 40, batchMs: 0, warmups: 20 }

/** Measures the `collect_*` figures. */
export const measure = async (): Promise<ReadonlyArray<Result>> => {
  const ways = {
    ours: await ours(10_000),
    "OpenTelemetry SDK": otelSdk(10_000),
    bridge: await bridge(10_000)
  }
  const all = Object.entries(ways)
  const ten = await interleave(
    all.map(([name, way]) => subject(name, 10_000, way)),
    rounds
  )
  const idle = await interleave(
    all.map(([name, way]) => idleSubject(name, 10_000, way)),
    { rounds: 30, batchMs: 100, warmups: 8 }
  )
  const growth = await interleave(
    [idleSubject("10,000", 10_000, await ours(10_000)), idleSubject("100,000", 100_000, await ours(100_000))],
    { rounds: 30, batchMs: 100, warmups: 8 }
  )
  const scaling = ratio("collect_scaling", growth, { of: "100,000", to: "10,000" })
  return [
    ratio("collect_10k_vs_otel_sdk", ten, { of: "ours", to: "OpenTelemetry SDK" }),
    ratio("collect_10k_idle_vs_otel_sdk", idle, { of: "ours", to: "OpenTelemetry SDK" }),
    ratio("collect_10k_vs_bridge", ten, { of: "ours", to: "bridge" }),
    { ...scaling, value: scaling.value / 10 },
    ...medians("collect", ten),
    ...medians("collect idle", idle),
    ...medians("collect idle", growth)
  ]
}
