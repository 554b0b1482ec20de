import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as MetricBoundaries from "effect/MetricBoundaries"
import * as MetricKey from "effect/MetricKey"
import * as MetricRegistry from "effect/MetricRegistry"
import { boundaries } from "../../../src/observe/catalogue/boundaries.ts"
import { catalogue, type Row } from "../../../src/observe/catalogue.ts"
import { checkRow } from "../../../src/observe/instrument/definition.ts"
import { InstrumentId } from "../../../src/observe/instrument/instrument.ts"
import { type DefinitionError, type MetricsOptions, MetricsService } from "../../../src/observe/metrics.ts"
import * as Testing from "../../../src/observe/testing.ts"

const uploads = {
  name: "uploads_total",
  kind: "counter",
  unit: "{upload}",
  labels: ["region"],
  help: "Uploads."
} as const satisfies Row

const failureOf = (options: MetricsOptions) =>
  Effect.flip(Layer.build(MetricsService.layer({ registry: "own", ...options })))

describe("boundaries", () => {
  it.scoped.each([
    ["unsorted", [1, 3, 2], "[1, 3, 2]"],
    ["repeated", [1, 1], "[1, 1]"],
    ["empty", [], "[]"],
    ["infinite", [1, Number.POSITIVE_INFINITY], "[1, Infinity]"],
    ["not a number", [Number.NaN], "[NaN]"]
  ] as ReadonlyArray<readonly [string, ReadonlyArray<number>, string]>)(
    "that are %s are a typed error of the layer",
    ([, jobs, given]) =>
      Effect.gen(function* () {
        const error = yield* failureOf({ boundaries: { jobs } })
        expect([error._tag, error.reason, error.given]).toEqual(["MetricDefinitionError", "Boundaries", given])
      })
  )

  it.scoped("are checked for every family that is given, used or not", () =>
    Effect.gen(function* () {
      const error = yield* failureOf({ boundaries: { http: [3, 1] } })
      expect([error.reason, error.metric]).toEqual(["Boundaries", "boundaries.http"])
    })
  )

  it.effect("of a family are replaced for every metric of it, and for no other", () =>
    Effect.gen(function* () {
      const { cluster, jobs } = yield* MetricsService
      const duration = yield* Metric.value(jobs.duration)
      const latency = yield* Metric.value(cluster.messageLatency)
      expect(duration.buckets.map(([boundary]) => boundary)).toEqual([0.5, 2, Number.POSITIVE_INFINITY])
      expect(latency.buckets.map(([boundary]) => boundary)).toEqual([...boundaries.cluster, Number.POSITIVE_INFINITY])
    }).pipe(Effect.provide(MetricsService.layer({ registry: "own", boundaries: { jobs: [0.5, 2] } })))
  )
})

describe("a definition", () => {
  const conflicting: ReadonlyArray<readonly [string, Row]> = [
    ["kind", { ...uploads, name: "uploads_total", kind: "counter", unit: "{file}" }],
    ["labels", { ...uploads, labels: ["zone"] }]
  ]

  it.effect("given twice in the same words is the same metric, whatever the order of its labels", () =>
    Effect.gen(function* () {
      const rows = { uploads: { ...uploads, labels: ["region", "zone"] } } as const
      const again = { uploads: { ...uploads, labels: ["zone", "region"] } } as const
      const first = yield* MetricsService.define(rows)
      const second = yield* MetricsService.define(again)
      expect(first.uploads).toBe(second.uploads)
    }).pipe(Effect.provide(Testing.layer()))
  )

  it.effect.each(conflicting)("with another %s is a typed error where it is defined", ([, row]) =>
    Effect.gen(function* () {
      yield* MetricsService.define({ uploads })
      const error = yield* Effect.flip(MetricsService.define({ uploads: row }))
      expect(error.reason).toBe("Conflict")
      expect(error.message).toContain("uploads_total")
    }).pipe(Effect.provide(Testing.layer()))
  )

  it.effect("compares boundaries by value", () =>
    Effect.gen(function* () {
      const row = { name: "sizes", kind: "histogram", unit: "{item}", labels: [], help: "Sizes." } as const
      yield* MetricsService.define({ sizes: { ...row, boundaries: [1, 2] } })
      yield* MetricsService.define({ sizes: { ...row, boundaries: [1, 2] } })
      const error = yield* Effect.flip(MetricsService.define({ sizes: { ...row, boundaries: [1, 3] } }))
      expect(error.reason).toBe("Conflict")
    }).pipe(Effect.provide(Testing.layer()))
  )

  it.effect("under the name of an external metric of another kind is refused, and leaves that metric alone", () =>
    Effect.gen(function* () {
      const registry = MetricRegistry.make()
      registry.getHistogram(MetricKey.histogram("uploads_total", MetricBoundaries.fromIterable([1]))).update(1)
      const error = yield* Effect.flip(
        MetricsService.define({ uploads }).pipe(Effect.provide(MetricsService.layer({ registry })))
      )
      expect(error.reason).toBe("Conflict")
      expect(registry.snapshot().length).toBe(1)
    })
  )

  it.effect.each([
    ["a name with a dash", { ...uploads, name: "up-loads_total" }, "Name"],
    ["a counter without _total", { ...uploads, name: "uploads" }, "Name"],
    ["a gauge with _total", { ...uploads, kind: "gauge" }, "Name"],
    ["seconds without _seconds", { ...uploads, name: "upload_time", kind: "histogram", unit: "s" }, "Name"],
    ["_seconds without seconds", { ...uploads, name: "upload_seconds", kind: "histogram" }, "Name"],
    ["the unit 1", { ...uploads, unit: "1" }, "Unit"],
    ["a reserved label", { ...uploads, labels: ["le"] }, "Label"],
    ["a label with a space", { ...uploads, labels: ["my label"] }, "Label"],
    ["a label twice", { ...uploads, labels: ["region", "region"] }, "Label"],
    ["a closed label that is not declared", { ...uploads, closed: { zone: ["a"] } }, "Label"],
    ["boundaries of a counter", { ...uploads, boundaries: [1, 2] }, "Boundaries"],
    ["a counter that is exponential", { ...uploads, histogram: "exponential" }, "Histogram"],
    ["the name of a histogram's count", { ...uploads, name: "jobs_attempts_count", kind: "gauge" }, "Conflict"]
  ] as ReadonlyArray<readonly [string, Row, DefinitionError["reason"]]>)(
    "with %s is a typed error",
    ([, row, reason]) =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(MetricsService.define({ row }))
        expect(error.reason).toBe(reason)
      }).pipe(Effect.provide(Testing.layer()))
  )

  it.effect("whose labels are all closed sets starts at 0", () =>
    Effect.gen(function* () {
      yield* MetricsService.define({
        checks: { ...uploads, name: "checks_total", labels: ["result"], closed: { result: ["up", "down"] } }
      })
      expect(yield* Testing.snapshot).toEqual({ [`checks_total{result="down"}`]: 0, [`checks_total{result="up"}`]: 0 })
    }).pipe(Effect.provide(Testing.layer()))
  )

  it.effect("starts the other values of a closed label at 0 when the first is seen", () =>
    Effect.gen(function* () {
      const { cluster } = yield* MetricsService
      yield* MetricsService.inc(cluster.entityDeactivations, MetricsService.label({ entity_type: "E", reason: "idle" }))
      expect(yield* Testing.snapshot).toEqual({
        [`cluster_entity_deactivations_total{entity_type="E",reason="defect"}`]: 0,
        [`cluster_entity_deactivations_total{entity_type="E",reason="idle"}`]: 1,
        [`cluster_entity_deactivations_total{entity_type="E",reason="shard_moved"}`]: 0,
        [`cluster_entity_deactivations_total{entity_type="E",reason="shutdown"}`]: 0
      })
    }).pipe(Effect.provide(Testing.layer()))
  )

  it.effect("may have the names that every object has", () =>
    Effect.gen(function* () {
      const { checks, level } = yield* MetricsService.define({
        level: { name: "constructor", help: "A level.", kind: "gauge", unit: "{file}", labels: [] },
        checks: { ...uploads, name: "checks_total", labels: ["constructor", "up"], closed: { up: ["yes", "no"] } }
      })
      yield* Metric.set(level, 2)
      yield* MetricsService.inc(checks, MetricsService.label({ constructor: "a", up: "yes" }))
      expect(yield* Testing.snapshot).toEqual({
        [`checks_total{constructor="a",up="no"}`]: 0,
        [`checks_total{constructor="a",up="yes"}`]: 1,
        constructor: 2
      })
    }).pipe(Effect.provide(Testing.layer({ limits: { metrics: {} } })))
  )

  it.effect.each([1, 0, 2.5, Number.NaN])("with a limit of %s series is a typed error", (limit) =>
    Effect.gen(function* () {
      const error = yield* Effect.scoped(failureOf({ limits: { default: limit } }))
      expect(error.reason).toBe("Limit")
    })
  )
})

describe("names that there are not", () => {
  // What JavaScript lets pass.
  const options = (text: string): MetricsOptions => JSON.parse(text)

  it.scoped("of a family of boundaries are a typed error that lists the families", () =>
    Effect.gen(function* () {
      const error = yield* failureOf(options(`{ "boundaries": { "job": [1, 2] } }`))
      expect(error.message).toBe(
        'Boundaries of metric "boundaries.job": given the family "job"; expected one of http, jobs, cluster, ' +
          "entityLifetime, attempts, messaging. Correct its name, or omit it."
      )
    })
  )

  it.scoped.each([
    ["jobs_enqueued", "jobs_enqueued_total"],
    ["jobs_duration_seconds_bucket", "jobs_duration_seconds"],
    ["jobs_enqueud_total", "jobs_enqueued_total"],
    ["jobs_queue_dephts", undefined],
    ["jobs_queue_detph", "jobs_queue_depth"],
    ["cluster_errors_totals", "cluster_errors_total"],
    ["jobs_archived_total", undefined],
    ["jobs_archived_seconds", undefined],
    ["cluster_size", undefined],
    ["_total", undefined],
    ["telemetry_lag_seconds", undefined]
  ])("of a metric in limits are a typed error where one of ours is meant: %s", ([name, meant]) =>
    Effect.gen(function* () {
      const exit = yield* Effect.either(
        Layer.build(MetricsService.layer({ limits: { metrics: Object.fromEntries([[name, 10]]) }, registry: "own" }))
      )
      expect(Either.match(exit, { onLeft: ({ message }) => message, onRight: () => undefined })).toBe(
        meant === undefined
          ? undefined
          : `Limit of metric "${name}": given a name that the catalogue does not have; expected ${meant}. Correct the name, or omit it.`
      )
    })
  )

  it.scoped.each([
    ["jobs_duration_second", "exponential", "a name that the catalogue does not have; expected jobs_duration_seconds"],
    ["jobs_duration_seconds", "log", `"log"; expected explicit or exponential`],
    ["jobs_enqueued_total", "exponential", `"exponential" of a counter; expected the name of a histogram`]
  ])("of a metric in histograms that can't be used are a typed error: %s is %s", ([name, kind, words]) =>
    Effect.gen(function* () {
      const error = yield* failureOf(options(`{ "histograms": { "metrics": { "${name}": "${kind}" } } }`))
      expect(error.message).toContain(`Histogram of metric "${name}": given ${words}. `)
    })
  )

  it.scoped.each([
    [`{ "histograms": "exponential" }`, `Histogram of metric "histograms": given exponential; expected an object`],
    [`{ "histograms": null }`, `Histogram of metric "histograms": given null; expected an object`],
    [`{ "histograms": ["exponential"] }`, `Histogram of metric "histograms": given exponential; expected an object`],
    [
      `{ "histograms": { "metrics": null } }`,
      `Histogram of metric "histograms.metrics": given null; expected an object`
    ],
    [`{ "histograms": { "default": 5 } }`, `Histogram of metric "histograms.default": given "5"; expected explicit or`],
    [`{ "limits": 100 }`, `Limit of metric "limits": given 100; expected an object`],
    [`{ "limits": { "metrics": null } }`, `Limit of metric "limits.metrics": given null; expected an object`],
    [`{ "boundaries": "http" }`, `Boundaries of metric "boundaries": given http; expected an object`],
    [`{ "boundaries": { "http": 5 } }`, `Boundaries of metric "boundaries.http": given 5; expected a list of numbers`],
    [
      `{ "boundaries": { "http": ["x"] } }`,
      `Boundaries of metric "boundaries.http": given [x]; expected finite numbers`
    ]
  ] as ReadonlyArray<readonly [string, string]>)(
    "in options of the wrong shape are a typed error: %s",
    ([text, words]) =>
      Effect.gen(function* () {
        const error = yield* failureOf(options(text))
        expect(error.message).toContain(words)
      })
  )

  it.scoped.each([Symbol("kind"), Object.create(null), { toString: 5 }])(
    "that have no text are a typed error all the same (%#)",
    (kind) =>
      Effect.gen(function* () {
        const histograms = options(`{ "default": null }`)
        const error = yield* failureOf({ histograms: Object.assign(histograms, { default: kind }) })
        expect(error).toMatchObject({ _tag: "MetricDefinitionError", reason: "Histogram" })
        const row = { name: "sizes", kind: "histogram", unit: "{item}", labels: [], help: "Sizes." } as const
        const ofRow = yield* Effect.flip(
          Effect.provide(MetricsService.define({ sizes: Object.assign(row, { histogram: kind }) }), Testing.layer())
        )
        expect(ofRow).toMatchObject({ _tag: "MetricDefinitionError", reason: "Histogram" })
      })
  )

  it.effect("that want another kind of a histogram than it has are a typed error", () =>
    Effect.gen(function* () {
      const row = {
        name: "sizes",
        kind: "histogram",
        unit: "{item}",
        labels: [],
        boundaries: [1],
        help: "Sizes."
      } as const
      const first = yield* MetricsService.define({ sizes: { ...row, histogram: "exponential" } })
      // Who says nothing takes it as it is.
      expect((yield* MetricsService.define({ sizes: row })).sizes).toBe(first.sizes)
      const error = yield* Effect.flip(MetricsService.define({ sizes: { ...row, histogram: "explicit" } }))
      expect(error.reason).toBe("Conflict")
    }).pipe(Effect.provide(Testing.layer()))
  )

  it.scoped("may be of a metric that is defined later", () =>
    Effect.gen(function* () {
      const live = MetricsService.layer({ registry: "own", limits: { metrics: { uploads_total: 2 } } })
      const { limit } = yield* Effect.map(
        Effect.provide(MetricsService.define({ uploads }), live),
        ({ uploads: handle }) => handle[InstrumentId]
      )
      expect(limit).toBe(2)
    })
  )

  it.effect.each([
    ["boundaries", { ...uploads, name: "upload_seconds", kind: "histogram", unit: "s", boundaries: "job" }],
    ["labels", { ...uploads, labels: undefined }]
  ])("of %s in a row, or none, are a typed error", ([, row]) =>
    Effect.gen(function* () {
      const rows: Record<string, Row> = JSON.parse(JSON.stringify({ row }))
      const error = yield* Effect.flip(MetricsService.define(rows))
      expect(error._tag).toBe("MetricDefinitionError")
    }).pipe(Effect.provide(Testing.layer()))
  )

  it.effect("are no options that are undefined", () =>
    Effect.gen(function* () {
      const { jobs } = yield* MetricsService
      const { buckets } = yield* Metric.value(jobs.duration)
      expect(buckets.map(([boundary]) => boundary)).toEqual([...boundaries.jobs, Number.POSITIVE_INFINITY])
    }).pipe(
      Effect.provide(
        MetricsService.layer({ registry: "own", boundaries: { jobs: undefined }, limits: { default: undefined } })
      )
    )
  )
})

describe("the catalogue", () => {
  const rows: ReadonlyArray<readonly [string, Row]> = Object.values(catalogue).flatMap((rows) =>
    Object.values(rows).map((row) => [row.name, row] as const)
  )

  it("has no name twice", () => {
    expect(new Set(rows.map(([name]) => name)).size).toBe(rows.length)
  })

  it.each(rows)("%s is a good definition", (_name, row) => {
    expect(checkRow(row)._tag).toBe("Right")
    expect(row.help).toMatch(/^[A-Z].*\.$/)
    expect(Object.keys(row.closed ?? {}).every((name) => row.labels.includes(name))).toBe(true)
    expect(row.kind === "histogram").toBe(row.boundaries !== undefined)
  })
})

describe("a label that is bound", () => {
  it.effect("must be declared by the metric", () =>
    Effect.gen(function* () {
      const { jobs } = yield* MetricsService
      const error = yield* Effect.flip(MetricsService.series(jobs.deadLettered, { job_type: "a", zone: "b" } as never))
      expect([error.reason, error.given, error.expected]).toEqual([
        "Label",
        `the label "zone"`,
        "one of job_type, reason"
      ])
    }).pipe(Effect.provide(Testing.layer()))
  )
})
