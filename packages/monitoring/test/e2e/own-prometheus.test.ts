/** A process has metrics of its own, a real Prometheus scrapes it, and is asked what their dashboard asks. */
import { describe, expect, it } from "@effect/vitest"
import { MetricsService } from "@parametric-portal/server/observe/metrics"
import { Prometheus } from "@parametric-portal/server/observe/prometheus"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Metric from "effect/Metric"
import * as Schedule from "effect/Schedule"
import { grafanaFile } from "../../src/files/grafana.ts"
import { monitoringOf } from "../../src/monitoring.ts"
import { defaults } from "../../src/settings.ts"
import { ownRules, shop } from "../support/own.ts"
import { prometheus } from "../support/prometheus.ts"
import { has } from "../support/promtool.ts"

const monitoring = monitoringOf({ ...defaults, metrics: { shop } }, ownRules)

interface Json {
  readonly panels: ReadonlyArray<{
    readonly title: string
    readonly targets?: ReadonlyArray<{ readonly expr: string }>
  }>
  readonly templating: { readonly list: ReadonlyArray<{ readonly name: string; readonly definition?: string }> }
}

const json: Json = JSON.parse(
  monitoring.dashboards.filter(({ uid }) => uid === "shop").map((one) => grafanaFile(monitoring, one))[0] ?? "{}"
)

const filledIn = (expression: string, values: Readonly<Record<string, string>> = {}): string =>
  expression.replaceAll("$__rate_interval", "10s").replaceAll(/\$([a-z_]+)/g, (_, name: string) => values[name] ?? ".*")

const { label } = MetricsService

/** Orders of two countries, a hundred times as many in one. */
const orders = Effect.gen(function* () {
  const own = yield* MetricsService.define(shop)
  const step = Effect.gen(function* () {
    for (const [country, count] of [
      ["CH", 1],
      ["IT", 100]
    ] as const) {
      yield* MetricsService.inc(own.placed, { country, payment: "card" }, count)
      yield* Metric.update(Metric.taggedWithLabels(own.waiting, label({ country })), count)
      yield* Metric.update(Metric.taggedWithLabels(own.orderDuration, label({ country })), Duration.millis(5 * count))
    }
    yield* Metric.update(own.cartsOpen, 1)
    yield* Metric.update(own.cacheShare, 40)
    yield* Metric.update(own.stockRead, Date.now() / 1000 - 60)
  })
  yield* Effect.forkScoped(Effect.repeat(step, Schedule.spaced("100 millis")))
})

const server = Layer.scopedDiscard(orders).pipe(
  Layer.provideMerge(Prometheus.layer({ port: 0, registries: "own" })),
  Layer.provideMerge(MetricsService.layer({ registry: "own" })),
  Layer.provide(Logger.minimumLogLevel(LogLevel.Error))
)

describe.runIf(has("prometheus"))("a real Prometheus, asked of metrics of one's own", { timeout: 60_000 }, () => {
  it.scopedLive("answers each panel with data, and each variable with values", () =>
    Effect.gen(function* () {
      const context = yield* Layer.build(server)
      const running = yield* prometheus({ shop: Context.get(context, Prometheus).url })
      const ask = (expression: string) =>
        Effect.map(running.query(expression), ({ data, status }) => (status === "success" ? data.result : []))
      const rate = filledIn("rate(shop_order_duration_seconds_count[$__rate_interval])")
      yield* Effect.repeat(ask(rate), { until: (found) => found.length > 0, schedule: Schedule.spaced("500 millis") })
      const answers = yield* Effect.forEach(
        json.panels.flatMap(({ targets = [], title }) => targets.map(({ expr }) => ({ expr, title }))),
        ({ expr, title }) =>
          Effect.map(Effect.all([ask(filledIn(expr)), ask(filledIn(expr, { country: "CH" }))]), ([all, one]) => ({
            title,
            series: all.length,
            ofOne: one.length,
            mixed: one.filter(({ metric }) => (metric["country"] ?? "CH") !== "CH").length
          }))
      )
      expect(answers).toEqual([
        // What a closed set of values has besides is 0.
        { title: "Placed", series: 4, ofOne: 2, mixed: 0 },
        { title: "Waiting", series: 2, ofOne: 1, mixed: 0 },
        { title: "Carts open", series: 1, ofOne: 1, mixed: 0 },
        { title: "Cache share", series: 1, ofOne: 1, mixed: 0 },
        { title: "Stock read", series: 1, ofOne: 1, mixed: 0 },
        ...[50, 95, 99].map(() => ({ title: "Order duration", series: 1, ofOne: 1, mixed: 0 })),
        { title: "Order duration: rate", series: 2, ofOne: 1, mixed: 0 },
        { title: "Order duration: distribution", series: 5, ofOne: 5, mixed: 0 }
      ])
      const variables = yield* Effect.forEach(
        json.templating.list.filter(({ definition }) => definition !== undefined),
        ({ definition = "", name }) => {
          const [, series = "", of = ""] = /^label_values\((.*), (\w+)\)$/s.exec(filledIn(definition)) ?? []
          return Effect.map(ask(`count by (${of}) (${series})`), (found) => [
            name,
            ...found.map(({ metric }) => metric[of]).filter((one) => one !== undefined && name !== "instance")
          ])
        }
      )
      expect(variables.map((one) => one.sort((left = "", right = "") => (left < right ? -1 : 1)))).toEqual([
        ["service", "shop"],
        ["instance"],
        ["CH", "IT", "country"],
        ["card", "invoice", "payment"],
        ["outcome"]
      ])
    })
  )
})
