/**
 * A real Prometheus scrapes a server built of the real library, evaluates the committed rules, and is asked what each
 * panel asks.
 */
import { describe, expect, it } from "@effect/vitest"
import { Prometheus } from "@parametric-portal/server/observe/prometheus"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Scope from "effect/Scope"
import { afterAll, beforeAll } from "vitest"
import { allAlerts } from "../src/alerts.ts"
import { dashboards } from "../src/dashboards.ts"
import type { Panel } from "../src/dashboards/dashboard.ts"
import { upstream } from "../src/documents/upstream.ts"
import { allRecordings, rows, storedNames } from "../src/stored.ts"
import { type Answer, collector, prometheus, type RunningPrometheus } from "./support/prometheus.ts"
import { has } from "./support/promtool.ts"
import { shop } from "./support/shop.ts"

/** A query as Grafana sends it when everything is chosen. */
const filledIn = (expression: string): string =>
  expression.replaceAll("$__rate_interval", "10s").replaceAll(/\$[a-z_]+/g, ".*")

const quiet = Logger.minimumLogLevel(LogLevel.Error)

const panels = dashboards.flatMap((dashboard) =>
  dashboard.rows.flatMap((row) => row.panels.map((panel) => ({ name: `${dashboard.title}: ${panel.title}`, panel })))
)

describe.runIf(has("prometheus"))("a real Prometheus", { timeout: 60_000 }, () => {
  const scope = Effect.runSync(Scope.make())
  let running: RunningPrometheus

  /** On a busy machine a scrape may fail, and with it a moment's data: what must not be empty is asked for again. */
  const answerTo = ({ empty }: Panel, query: string): Effect.Effect<Answer> =>
    Effect.gen(function* () {
      for (let left = 20; ; left--) {
        const answer = yield* running.query(query)
        if (left === 0 || empty !== undefined || answer.status !== "success" || answer.data.result.length > 0) {
          return answer
        }
        yield* Effect.sleep("1 second")
      }
    })

  beforeAll(
    () =>
      Effect.gen(function* () {
        const context = yield* Layer.build(shop(yield* collector))
        running = yield* prometheus(Context.get(context, Prometheus).url)
        yield* Effect.sleep("8 seconds")
      }).pipe(Scope.extend(scope), Effect.provide(quiet), Effect.runPromise),
    60_000
  )

  afterAll(() => Effect.runPromise(Effect.provide(Scope.close(scope, Exit.void), quiet)), 60_000)

  it.live("answers what each panel asks with data, or the panel says why it may be empty", () =>
    Effect.gen(function* () {
      const asked = panels.flatMap(({ name, panel }) => panel.queries.map(({ query }) => ({ name, panel, query })))
      expect(asked.length).toBeGreaterThan(80)
      const answers = yield* Effect.forEach(
        asked,
        (one) => Effect.map(answerTo(one.panel, filledIn(String(one.query))), (answer) => ({ ...one, answer })),
        { concurrency: 8 }
      )
      expect(answers.filter(({ answer }) => answer.status !== "success")).toEqual([])
      const silent = answers.filter(({ answer, panel }) => panel.empty === undefined && answer.data.result.length === 0)
      expect(silent.map(({ name, query }) => `${name}: ${String(query)}`)).toEqual([])
    })
  )

  it.live("has every rule of ours, and can evaluate each", () =>
    Effect.gen(function* () {
      const { data } = yield* running.get<Rules>("/api/v1/rules")
      const rules = data.groups.flatMap((group) => group.rules)
      expect(rules.map(({ name }) => name).sort()).toEqual(
        [...allAlerts, ...allRecordings].map(({ name }) => name).sort()
      )
      expect(rules.filter(({ health }) => health !== "ok")).toEqual([])
    })
  )

  it.live("stores nothing under a name that the reference does not have", () =>
    Effect.gen(function* () {
      const { data } = yield* running.get<{ data: ReadonlyArray<string> }>("/api/v1/label/__name__/values")
      const documented = new Set([
        ...rows.flatMap(({ row }) => storedNames(row)),
        ...allRecordings.map(({ name }) => name),
        ...upstream.map(({ name }) => name)
      ])
      const ofPrometheus = /^(up|scrape_\w+|ALERTS|ALERTS_FOR_STATE|target_info)$/
      expect(data.length).toBeGreaterThan(100)
      expect(data.filter((name) => !documented.has(name) && !ofPrometheus.test(name))).toEqual([])
    })
  )
})

interface Rules {
  readonly data: {
    readonly groups: ReadonlyArray<{
      readonly rules: ReadonlyArray<{ readonly name: string; readonly health: string }>
    }>
  }
}
