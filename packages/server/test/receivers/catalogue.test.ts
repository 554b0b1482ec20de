/** Every row of the catalogue in three receivers that others wrote: names, labels and values, on every wire. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { catalogue, type Row } from "../../src/observe/catalogue.ts"
import { MetricsService } from "../../src/observe/metrics.ts"
import { type OtlpOptions, Telemetry } from "../../src/observe/telemetry.ts"
import { eventually } from "../support/eventually.ts"
import { collector } from "@parametric-portal/receivers/collector"
import { prometheus } from "@parametric-portal/receivers/prometheus"
import { recordAll } from "./support/recorded.ts"
import { madeBeforeAll } from "./support/made-before-all.ts"
import {
  byIdentity,
  differences,
  identity,
  own,
  type RealReceiver,
  type Stored
} from "@parametric-portal/receivers/stored"
import { victoriaMetrics } from "@parametric-portal/receivers/victoria-metrics"

type Wire = Required<Pick<OtlpOptions, "protocol" | "compression">>

const protobuf: ReadonlyArray<Wire> = [
  { protocol: "http/protobuf", compression: "none" },
  { protocol: "http/protobuf", compression: "gzip" }
]

const wires: ReadonlyArray<Wire> = [
  ...protobuf,
  { protocol: "http/json", compression: "none" },
  { protocol: "http/json", compression: "gzip" }
]

/** VictoriaMetrics refuses JSON. */
const cases: ReadonlyArray<{
  readonly name: string
  readonly make: Effect.Effect<RealReceiver, never, Scope.Scope>
  readonly wires: ReadonlyArray<Wire>
}> = [
  { name: "the collector", make: collector(), wires },
  { name: "Prometheus", make: prometheus(), wires },
  { name: "VictoriaMetrics", make: victoriaMetrics, wires: protobuf }
]

const rows: ReadonlyArray<Row> = Object.values(catalogue).flatMap((namespace) => Object.values(namespace))

const storedNames = ({ kind, name }: Row): ReadonlyArray<string> =>
  kind === "histogram" ? [`${name}_bucket`, `${name}_count`, `${name}_sum`] : [name]

const { name: lastSuccess } = catalogue.telemetry.lastSuccess

const documented = new Set(rows.flatMap(storedNames))

/** Records everything, exports it twice, and returns what must be stored and what is. */
const exported = (receiver: RealReceiver, { compression, protocol }: Wire, serviceName: string) =>
  Effect.gen(function* () {
    const expected = yield* recordAll
    const reports = [...(yield* Telemetry.flush), ...(yield* Telemetry.flush)]
    expect(reports.flatMap(({ failures }) => failures)).toEqual([])
    expect(reports.map(({ points, rejected }) => ({ isEmpty: points === 0, rejected }))).toEqual([
      { isEmpty: false, rejected: 0 },
      { isEmpty: false, rejected: 0 }
    ])
    // VictoriaMetrics shows new series a second later.
    const found = yield* eventually(
      Effect.promise(() => receiver.all(serviceName)),
      (all) => differences(expected, all).length === 0 && all.some(({ name }) => name === lastSuccess)
    )
    return { expected, found }
  }).pipe(
    Effect.provide(
      Telemetry.layer({
        serviceName,
        interval: "1 hour",
        registries: "own",
        destinations: [{ type: "otlp", url: receiver.url, compression, protocol }]
      }).pipe(Layer.provideMerge(MetricsService.layer({ registry: "own" })))
    )
  )

const labelNamesOf = (one: Stored): ReadonlyArray<string> =>
  Object.keys(own(one.labels)).filter((name) => name !== "le")

for (const { make, name, wires: known } of cases) {
  describe(name, () => {
    const receiver = madeBeforeAll(make)

    for (const wire of known) {
      it.live(`has every row by name, labels and value: ${wire.protocol}, ${wire.compression}`, () =>
        Effect.gen(function* () {
          const service = `${wire.protocol} ${wire.compression}`.replaceAll(/\W/g, "-")
          const { expected, found } = yield* exported(receiver(), wire, service)
          const wanted = byIdentity(expected)
          expect(wanted.size).toBe(expected.length)
          expect(wanted.size).toBeGreaterThan(250)
          expect(differences(expected, found)).toEqual([])
          const seriesCount = found.find(
            (one) => one.name === "telemetry_series" && one.labels["metric"] === "jobs_enqueued_total"
          )
          expect(seriesCount?.value).toBe(2)
          const last = found.find((one) => one.name === lastSuccess)?.value ?? 0
          expect(Math.abs(last - Date.now() / 1000)).toBeLessThan(60)
          // Nothing else: no name and no label that the catalogue does not have, and only zeros beside what was recorded.
          const others = found.filter((one) => !documented.has(one.name) && one.name !== "target_info")
          expect(others.map(identity)).toEqual([])
          const strange = found.filter((one) =>
            labelNamesOf(one).some((label) => !rows.some((row) => isOf(row, one) && row.labels.includes(label)))
          )
          expect(strange.filter((one) => one.name !== "target_info").map(identity)).toEqual([])
          const unasked = found.filter((one) => !wanted.has(identity(one)) && one.value !== 0)
          expect(unasked.filter((one) => !/^(target_info|telemetry_.*)$/.test(one.name)).map(identity)).toEqual([])
        })
      )
    }
  })
}

const isOf = (row: Row, one: Stored): boolean => storedNames(row).includes(one.name)
