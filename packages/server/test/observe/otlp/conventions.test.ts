/** A server with all instrumentations at once: what its metrics are called and made of on each wire. */
import { describe, expect, it } from "@effect/vitest"
import { Effect, Layer, Logger } from "effect"
import { otlpAttribute, otlpName, type Row } from "../../../src/observe/catalogue.ts"
import { MetricsService } from "../../../src/observe/metrics.ts"
import { type OtlpOptions, Telemetry } from "../../../src/observe/telemetry.ts"
import { Collector } from "../../../src/observe/testing/collector.ts"
import { wholeServerRows, withWholeServer } from "../../support/whole-server.ts"
import { bridge } from "./grpc/bridge.ts"

const wires: ReadonlyArray<Required<Pick<OtlpOptions, "protocol">>> = [
  { protocol: "http/json" },
  { protocol: "http/protobuf" },
  { protocol: "grpc" }
]

/** The attributes that are integers, as the conventions have it; the others are texts. */
const integers = new Set(["http.response.status_code", "server.port"])

const shapes: Readonly<Record<Row["kind"], string>> = {
  counter: "sum monotonic",
  upDownCounter: "sum",
  gauge: "gauge",
  histogram: "histogram"
}

const expected = wholeServerRows.map((row) => `${otlpName(row)} ${row.unit} ${shapes[row.kind]}`).toSorted()

const attributes = new Map(
  wholeServerRows.map((row) => [otlpName(row), row.labels.map((label) => otlpAttribute(row, label))])
)

describe("metrics of a server", () => {
  it.scopedLive.each(wires)(
    "have the names, units, kinds and attributes of their conventions over $protocol",
    ({ protocol }) =>
      Effect.gen(function* () {
        const collector = yield* Collector
        const port = yield* bridge({ metrics: () => `${collector.url}/v1/metrics`, records: () => collector.url })
        const url = protocol === "grpc" ? port.url.href : `${collector.url}/v1/metrics`
        yield* withWholeServer(Telemetry.flush).pipe(
          Effect.provide(
            Telemetry.layer({
              destinations: [{ type: "otlp", url, protocol }],
              registries: "own",
              interval: "1 hour"
            }).pipe(Layer.provideMerge(MetricsService.layer({ registry: "own" })))
          )
        )
        const points = (yield* collector.metrics).filter(({ name }) => attributes.has(name))
        const found = points.map((point) =>
          [
            point.name,
            point.unit,
            point.type,
            ...("isMonotonic" in point && point.isMonotonic ? ["monotonic"] : [])
          ].join(" ")
        )
        expect(Array.from(new Set(found)).toSorted()).toEqual(expected)
        const named = points.flatMap((point) =>
          Object.entries(point.attributes).map(([name, value]) => ({ point, name, value }))
        )
        expect(named.filter(({ name, point }) => attributes.get(point.name)?.includes(name) !== true)).toEqual([])
        expect(named.filter(({ name, value }) => typeof value !== (integers.has(name) ? "number" : "string"))).toEqual(
          []
        )
        expect(Array.from(integers).filter((one) => !named.some(({ name }) => name === one))).toEqual([])
      }).pipe(Effect.provide([Collector.layer, Logger.remove(Logger.defaultLogger)]))
  )
})
