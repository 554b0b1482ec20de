/** Strings that nobody should use, wherever somebody may use one: what is beside them arrives all the same. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as MetricBoundaries from "effect/MetricBoundaries"
import * as MetricKey from "effect/MetricKey"
import * as MetricLabel from "effect/MetricLabel"
import type * as Scope from "effect/Scope"
import { MetricsService } from "../../src/observe/metrics.ts"
import { eventually } from "../support/eventually.ts"
import { collector } from "@parametric-portal/receivers/collector"
import { prometheus } from "@parametric-portal/receivers/prometheus"
import { madeBeforeAll } from "./support/made-before-all.ts"
import { send } from "./support/send.ts"
import type { RealReceiver, Stored } from "@parametric-portal/receivers/stored"
import { victoriaMetrics } from "@parametric-portal/receivers/victoria-metrics"

/** By a name for the title of a test. */
const strings = {
  quote: 'a"b',
  backslash: "a\\",
  "line break": "a\nb",
  "carriage return": "a\r\nb",
  nul: "a\u0000b",
  "escape sequence": "\u001b[31mred",
  "half of a pair": "a\ud800b",
  "right to left": "a\u202eb",
  emoji: "party 🎉",
  accents: "Zürich",
  "combining marks": `a${"\u0301".repeat(300)}`,
  blank: " ",
  dots: "a.b.c",
  hyphens: "a-b",
  digit: "0abc",
  underscores: "__",
  "reserved by Prometheus": "__name__",
  label: 'a{b="c"} 1\n# HELP x',
  markup: "</script><b>",
  environment: "${env:HOME} $(id) %s",
  "not a number": "NaN",
  "a boundary": "le",
  long: "x".repeat(5_000)
} as const

const external = (
  name: string,
  { description, key, value }: { readonly key?: string; readonly value?: string; readonly description?: string }
) =>
  Effect.map(MetricsService, ({ registry }) => {
    const base = MetricKey.counter(name, description === undefined ? {} : { description })
    const labels = key === undefined ? [] : [MetricLabel.make(key, value ?? "value")]
    registry.getCounter(MetricKey.taggedWithLabels(base, labels)).update(3)
  })

/** Where a string of somebody else's can stand. */
const places = {
  "a metric's name": (text: string) => external(text, {}),
  "a label's key": (text: string) => external("strange_total", { key: text }),
  "a label's value": (text: string) => external("strange_total", { key: "label", value: text }),
  "a description": (text: string) => external("strange_total", { description: text }),
  "the value of a label of ours": (text: string) =>
    Effect.flatMap(MetricsService, ({ jobs }) => MetricsService.inc(jobs.completions, { job_type: text }, 3))
} satisfies Record<string, (text: string) => Effect.Effect<unknown, unknown, MetricsService>>

const writtenOver = { __name__: "strange_names", instance: "strange_instances", job: "strange_jobs" } as const

/** Two series each that differ by nothing but a label that Prometheus gives them itself. */
const written = Effect.map(MetricsService, ({ registry }) => {
  const times = MetricKey.histogram("strange_times", MetricBoundaries.fromIterable([1]))
  for (const [text, amount] of [
    ["a", 1],
    ["b", 2]
  ] as const) {
    for (const [label, name] of Object.entries(writtenOver)) {
      registry.getGauge(MetricKey.tagged(MetricKey.gauge(name), label, text)).update(amount)
    }
    registry.getHistogram(MetricKey.tagged(times, "le", text)).update(amount)
  }
})

/** A counter beside it, which has to arrive. */
const beside = Effect.flatMap(MetricsService, ({ jobs }) =>
  MetricsService.inc(jobs.enqueued, { job_type: "beside" }, 7)
)

type Place = keyof typeof places
type Word = keyof typeof strings

/**
 * What a receiver itself leaves out without a word to who sent it: a name or a key that begins with two underscores when
 * every other character has become one, and what is longer than it allows.
 */
const lost = {
  collector: {
    "a metric's name": ["blank", "underscores"],
    "a label's key": ["escape sequence", "blank", "underscores", "reserved by Prometheus", "markup", "environment"]
  },
  prometheus: {},
  victoriaMetrics: {
    "a metric's name": ["long"],
    "a label's key": ["blank", "underscores", "reserved by Prometheus", "combining marks", "long"],
    "a label's value": ["long"]
  }
} as const satisfies Record<string, { readonly [P in Place]?: ReadonlyArray<Word> }>

const cases: ReadonlyArray<{
  readonly name: string
  readonly make: Effect.Effect<RealReceiver, never, Scope.Scope>
  readonly leavesOut: { readonly [P in string]?: ReadonlyArray<string> }
}> = [
  { name: "the collector", make: collector(), leavesOut: lost.collector },
  { name: "Prometheus", make: prometheus(), leavesOut: lost.prometheus },
  { name: "VictoriaMetrics", make: victoriaMetrics, leavesOut: lost.victoriaMetrics }
]

let services = 0
const nextService = () => `hostile-${(services += 1)}`

/** What came of the counter beside it, and of the strange one: counted, or left out and counted as such. */
const outcomeOf = (all: ReadonlyArray<Stored>) => {
  const isOfTelemetry = ({ name }: Stored) => name.startsWith("telemetry_") || name === "target_info"
  const dropped = all.filter(({ name, value }) => name === "telemetry_points_dropped_total" && value > 0)
  const sum = all.filter((one) => !isOfTelemetry(one)).reduce((total, { value }) => total + value, 0)
  return {
    beside: all.find(({ name }) => name === "jobs_enqueued_total")?.value,
    strange: sum === 10 ? "arrived" : dropped.length > 0 ? "left out" : `${sum} instead of 10`
  }
}

const isAccounted = /^(arrived|left out)$/

const arrived = (receiver: RealReceiver, service: string) =>
  eventually(
    Effect.map(
      Effect.promise(() => receiver.all(service)),
      outcomeOf
    ),
    ({ beside: value }) => value === 7
  )

for (const { leavesOut, make, name } of cases) {
  describe(name, () => {
    const receiver = madeBeforeAll(make)

    for (const [place, record] of Object.entries(places)) {
      it.live(`takes what is beside a strange string in ${place}`, () =>
        Effect.gen(function* () {
          const sent = yield* Effect.forEach(Object.entries(strings), ([what, text]) => {
            const serviceName = nextService()
            return Effect.map(send(receiver(), { serviceName }, Effect.zipRight(record(text), beside)), (failures) => ({
              what,
              serviceName,
              failures
            }))
          })
          expect(sent.filter(({ failures }) => failures.length > 0)).toEqual([])
          const found = yield* Effect.forEach(sent, ({ serviceName, what }) =>
            Effect.map(arrived(receiver(), serviceName), (outcome) => ({ what, ...outcome }))
          )
          expect(found.filter(({ beside: value }) => value !== 7)).toEqual([])
          const known = leavesOut[place] ?? []
          const missing = found.filter(({ strange, what }) => !isAccounted.test(strange) && !known.includes(what))
          expect(missing).toEqual([])
        })
      )
    }

    it.live("keeps series apart that differ by a label that Prometheus writes over", () =>
      Effect.gen(function* () {
        const serviceName = nextService()
        expect(yield* send(receiver(), { serviceName }, Effect.zipRight(written, beside))).toEqual([])
        expect((yield* arrived(receiver(), serviceName)).beside).toBe(7)
        const all = yield* Effect.promise(() => receiver().all(serviceName))
        const of = (metric: string, label: string) =>
          all
            .filter((one) => one.name === metric)
            .map(({ labels, value }) => [labels[`exported_${label}`], labels["le"], value])
            .sort()
        for (const [label, name] of Object.entries(writtenOver)) {
          expect([label, of(name, label)]).toEqual([
            label,
            [
              ["a", undefined, 1],
              ["b", undefined, 2]
            ]
          ])
        }
        expect(of("strange_times_bucket", "le")).toEqual([
          ["a", "+Inf", 1],
          ["a", "1", 1],
          ["b", "+Inf", 1],
          ["b", "1", 0]
        ])
      })
    )

    it.live("takes strange strings as attributes of the resource", () =>
      Effect.gen(function* () {
        const serviceName = nextService()
        const texts = Object.values(strings)
        const resource = Object.fromEntries([
          ...texts.map((text: string) => [`key ${text}`, "value"]),
          ...texts.map((text, index) => [`key.${index}`, text])
        ])
        expect(yield* send(receiver(), { serviceName, resource }, beside)).toEqual([])
        expect((yield* arrived(receiver(), serviceName)).beside).toBe(7)
      })
    )
  })
}
