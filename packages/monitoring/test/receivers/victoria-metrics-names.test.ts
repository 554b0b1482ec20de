/**
 * VictoriaMetrics as it is without flags: it stores what arrives by OTLP under the names of OTLP, `service.name` is a label,
 * and there is no `job`. With `naming: "victoriametrics"` every rule, panel and variable asks for these names.
 */
import { describe, expect, it } from "@effect/vitest"
import { victoriaMetricsWithItsNames, type VictoriaMetrics } from "@parametric-portal/receivers/victoria-metrics"
import { type EvaluatedRule, vmalert } from "@parametric-portal/receivers/vmalert"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Scope from "effect/Scope"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { afterAll, beforeAll } from "vitest"
import { grafanaFile } from "../../src/files/grafana.ts"
import { ruleFile } from "../../src/files/rules.ts"
import { monitoringOf } from "../../src/monitoring.ts"
import { ruleDialect } from "../../src/naming.ts"
import { inDialect } from "../../src/promql/dialect.ts"
import { settings } from "../../src/repository.ts"
import { mayBeEmpty } from "../support/committed-queries.ts"
import { collector } from "../support/prometheus.ts"
import { shop } from "../support/shop.ts"

const quiet = Logger.minimumLogLevel(LogLevel.Error)

const monitoring = monitoringOf({ ...settings, naming: "victoriametrics" })

const dialect = ruleDialect(monitoring)

interface Json {
  readonly title: string
  readonly panels: ReadonlyArray<{
    readonly title: string
    readonly targets?: ReadonlyArray<{ readonly expr: string; readonly legendFormat: string }>
  }>
  readonly templating: {
    readonly list: ReadonlyArray<{ readonly name: string; readonly definition?: string; readonly regex?: string }>
  }
}

const dashboards: ReadonlyArray<Json> = monitoring.dashboards.map((one) => JSON.parse(grafanaFile(monitoring, one)))

const panelQueries = dashboards.flatMap(({ panels, title }) =>
  panels.flatMap((panel) =>
    (panel.targets ?? []).map(({ expr, legendFormat }) => ({
      panel: `${title}: ${panel.title}`,
      legend: legendFormat,
      expression: expr
    }))
  )
)

/** What the shop does not move: it has one runner, which loses nothing. */
const still = [
  "job_type:jobs_redelivered:increase15m",
  "entity_type:cluster_mailbox_rejections:increase10m",
  "storage_operation:cluster_storage_errors:increase10m",
  "service:cluster_runners_found_dead:increase1h",
  "metric:telemetry_series_overflow:increase15m",
  "site:telemetry_watch_errors:increase15m"
]

const filledIn = (expression: string, values: Readonly<Record<string, string>> = {}): string =>
  expression.replaceAll("$__rate_interval", "10s").replaceAll(/\$([a-z_]+)/g, (_, name: string) => values[name] ?? ".*")

describe("rules and panels with the names of VictoriaMetrics", { timeout: 150_000 }, () => {
  const scope = Effect.runSync(Scope.make())
  let store: VictoriaMetrics

  const eventually = <A>(look: Effect.Effect<ReadonlyArray<A>>, left = 30): Effect.Effect<ReadonlyArray<A>> =>
    Effect.flatMap(look, (found) =>
      left === 0 || found.length > 0 ? Effect.succeed(found) : Effect.delay(eventually(look, left - 1), "1 second")
    )

  const ask = (expression: string) => Effect.promise(() => store.query(expression))

  /** Evaluates the recording rules once, in their order, and stores what they record, as vmalert does. */
  const record = Effect.forEach(monitoring.recordings, ({ expression, name }) =>
    Effect.gen(function* () {
      const found = yield* ask(String(inDialect(expression, dialect)))
      const lines = found.map(({ labels: { __name__, ...labels }, value }) =>
        JSON.stringify({ metric: { __name__: name, ...labels }, values: [value], timestamps: [Date.now()] })
      )
      yield* Effect.promise(() =>
        fetch(`${store.address}/api/v1/import`, { method: "POST", body: lines.join("\n") }).then((r) => r.text())
      )
      return { name, labels: found.map(({ labels }) => labels) }
    })
  )

  beforeAll(
    () =>
      Effect.gen(function* () {
        store = yield* victoriaMetricsWithItsNames
        const more = [{ type: "otlp", url: store.url, protocol: "http/protobuf" }] as const
        yield* Layer.build(shop(yield* collector, more))
        yield* Effect.sleep("10 seconds")
      }).pipe(Scope.extend(scope), Effect.provide(quiet), Effect.runPromise),
    120_000
  )

  afterAll(() => Effect.runPromise(Effect.provide(Scope.close(scope, Exit.void), quiet)), 60_000)

  it.live("every recording rule has data of the service, by its name", () =>
    Effect.gen(function* () {
      // A series that is new is found after some seconds, and rules stand on others.
      const silent = Effect.map(record, (recorded) => {
        expect(recorded.flatMap(({ labels }) => labels.filter((one) => one["service.name"] !== "shop"))).toEqual([])
        return recorded.flatMap(({ labels, name }) => (labels.length === 0 && !still.includes(name) ? [name] : []))
      })
      const settled = (left: number): Effect.Effect<ReadonlyArray<string>> =>
        Effect.flatMap(silent, (names) =>
          left === 0 || names.length === 0 ? Effect.succeed(names) : Effect.delay(settled(left - 1), "1 second")
        )
      expect(yield* settled(20)).toEqual([])
    })
  )

  it.live("every alert, and every query of its runbook, can be evaluated", () =>
    Effect.gen(function* () {
      const asked = monitoring.alerts.flatMap(({ expression, runbook }) => [
        expression,
        ...runbook.firstLook.map(({ query }) => query)
      ])
      expect(asked.length).toBeGreaterThan(100)
      yield* Effect.forEach(asked, (one) => ask(String(inDialect(one, dialect))), { concurrency: 8 })
    })
  )

  it.live("vmalert evaluates every rule, and writes the service into the text of an alert", () =>
    Effect.gen(function* () {
      const folder = mkdtempSync(path.join(tmpdir(), "monitoring-"))
      yield* Effect.addFinalizer(() => Effect.sync(() => rmSync(folder, { recursive: true, force: true })))
      const files = monitoring.groups.map((group) => {
        const file = path.join(folder, `${group.name}.yaml`)
        writeFileSync(file, ruleFile(monitoring, group))
        return file
      })
      const alerts = yield* vmalert({ store: store.address, rules: files })
      const summaries = (rules: ReadonlyArray<EvaluatedRule>) =>
        rules.flatMap((rule) => (rule.alerts ?? []).map(({ annotations }) => annotations["summary"]))
      const isEvaluated = ({ lastEvaluation }: EvaluatedRule) => !lastEvaluation.startsWith("0001")
      const evaluated = (left: number): Effect.Effect<ReadonlyArray<EvaluatedRule>> =>
        Effect.flatMap(Effect.promise(alerts.rules), (rules) =>
          left === 0 || (summaries(rules).length > 0 && rules.every(isEvaluated))
            ? Effect.succeed(rules)
            : Effect.delay(evaluated(left - 1), "1 second")
        )
      const rules = yield* evaluated(90)
      expect(rules.length).toBe(monitoring.recordings.length + monitoring.alerts.length)
      expect(rules.filter(({ health }) => health !== "ok").map(({ lastError }) => lastError)).toEqual([])
      expect(summaries(rules).filter((text) => !text?.includes(" of shop"))).toEqual([])
      expect(summaries(rules).length).toBeGreaterThan(0)
    }).pipe(Effect.scoped)
  )

  it.live("every panel has data of the service, and its legend names labels that are there", () =>
    Effect.gen(function* () {
      const answers = yield* Effect.forEach(
        panelQueries,
        ({ expression, legend, panel }) => {
          const look = ask(filledIn(expression, { service: "shop" }))
          // The shop has all that servers and processes measure.
          const isExcused = mayBeEmpty.get(panel) !== undefined && !/^(Server|Node): /.test(panel)
          return Effect.map(isExcused ? look : eventually(look), (found) => ({
            name: `${panel}: ${legend}`,
            isExcused,
            legend,
            found
          }))
        },
        { concurrency: 8 }
      )
      expect(answers.length).toBeGreaterThan(100)
      expect(
        answers.filter(({ found, isExcused }) => !isExcused && found.length === 0).map(({ name }) => name)
      ).toEqual([])
      const names = yield* Effect.promise(() =>
        fetch(`${store.address}/api/v1/labels`).then((response) => response.text())
      )
      const { data }: { readonly data: ReadonlyArray<string> } = JSON.parse(names)
      const unnamed = answers.flatMap(({ found, legend, name }) =>
        [...legend.matchAll(/\{\{([^}]+)\}\}/g)]
          .map(([, label = ""]) => label)
          .filter((label) => found.length > 0 && !data.includes(label))
          .map((label) => `${name} has no ${label}`)
      )
      expect(unnamed).toEqual([])
    })
  )

  it.live("every variable has values", () =>
    Effect.gen(function* () {
      const variables = dashboards.flatMap(({ templating }) => templating.list)
      const asked = [
        ...new Map(
          variables.flatMap(({ definition, name, regex = "" }) =>
            definition === undefined ? [] : [[name, { definition, name, regex }] as const]
          )
        ).values()
      ]
      expect(asked.map(({ name }) => name).sort()).toEqual([
        "entity_type",
        "http_route",
        "instance",
        "job_type",
        "service"
      ])
      for (const { definition, name, regex } of asked) {
        const [, of = "", selector = "", label = ""] =
          /^(query_result|label_values)\((.*?)(?:, (\w+))?\)$/s.exec(filledIn(definition)) ?? []
        const found = yield* eventually(ask(of === "label_values" ? `count by (${label}) (${selector})` : selector))
        // As Grafana writes a series of `query_result`, from which the expression takes the value.
        const values = found.map(({ labels }) =>
          of === "label_values"
            ? (labels[label] ?? "")
            : (new RegExp(regex.slice(1, -1)).exec(
                `{${Object.entries(labels)
                  .map(([key, value]) => `${key}="${value}"`)
                  .join(",")}} 1 1`
              )?.[1] ?? "")
        )
        expect([name, values.length > 0, values.includes("")]).toEqual([name, true, false])
      }
    })
  )
})
