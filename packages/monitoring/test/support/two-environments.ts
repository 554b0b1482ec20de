/** A Prometheus with two environments of one `job`, which the label `namespace` tells apart, and what panels ask of it. */
import * as Effect from "effect/Effect"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { grafanaFile } from "../../src/files/grafana.ts"
import { ruleFile } from "../../src/files/rules.ts"
import { monitoringOf } from "../../src/monitoring.ts"
import { settings } from "../../src/repository.ts"
import { type Answer, prometheusOf, type RunningPrometheus } from "./prometheus.ts"

const monitoring = monitoringOf({ ...settings, groupBy: ["namespace"] })

interface Json {
  readonly title: string
  readonly panels: ReadonlyArray<{
    readonly title: string
    readonly targets?: ReadonlyArray<{ readonly expr: string }>
  }>
  readonly templating: { readonly list: ReadonlyArray<{ readonly name: string; readonly definition?: string }> }
}

const dashboards: ReadonlyArray<Json> = monitoring.dashboards.map((one) => JSON.parse(grafanaFile(monitoring, one)))

const queriesOf = ({ panels, title }: Json) =>
  panels.flatMap((panel) =>
    (panel.targets ?? []).map(({ expr }) => ({ panel: `${title}: ${panel.title}`, expression: expr }))
  )

/** A query with these values of its variables, and all of every other. */
const filledIn = (expression: string, values: Readonly<Record<string, string>> = {}): string =>
  expression.replaceAll("$__rate_interval", "10s").replaceAll(/\$([a-z_]+)/g, (_, name: string) => values[name] ?? ".*")

type Result = Answer["data"]["result"]

const sorted = (result: Result): ReadonlyArray<string> => result.map((one) => JSON.stringify(one)).sort()

/** How many series each environment has of a query, and what is wrong with them. */
export interface PanelAnswer {
  readonly panel: string
  readonly production: number
  readonly staging: number
  readonly problem: string | undefined
}

interface VariableAnswer {
  readonly variable: string
  readonly panel: string
  readonly problem: string | undefined
}

export interface TwoEnvironments {
  /** Each query of one environment, compared with its part of the same query of both at the same time. */
  readonly panels: Effect.Effect<ReadonlyArray<PanelAnswer>>
  /** Each query with each of its variables set to one value. */
  readonly variables: Effect.Effect<ReadonlyArray<VariableAnswer>>
  /** Recorded series and alerts that are of no environment. */
  readonly together: Effect.Effect<Result>
}

/** Starts it on the pages of both. */
export const twoEnvironments = (pages: { readonly production: URL; readonly staging: URL }) =>
  Effect.gen(function* () {
    const folder = yield* Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(path.join(tmpdir(), "rules-"))),
      (made) => Effect.sync(() => rmSync(made, { recursive: true, force: true }))
    )
    const rules = monitoring.groups.map((group) => {
      const file = path.join(folder, `${group.name}.yaml`)
      writeFileSync(file, ruleFile(monitoring, group))
      return file
    })
    const running = yield* prometheusOf({ service: "both", pages }, rules)
    const made: TwoEnvironments = {
      panels: panelAnswers(running),
      variables: variableAnswers(running),
      together: Effect.map(running.query('{__name__=~".+:.+|ALERTS", namespace=""}'), ({ data }) => data.result)
    }
    return made
  })

const panelAnswers = (running: RunningPrometheus) =>
  Effect.suspend(() => {
    const time = Date.now() / 1000 - 2
    return Effect.forEach(
      dashboards.flatMap(queriesOf),
      ({ expression, panel }) =>
        Effect.map(
          Effect.all([
            running.query(filledIn(expression), time),
            running.query(filledIn(expression, { namespace: "production" }), time),
            running.query(filledIn(expression, { namespace: "staging" }), time)
          ]),
          ([both, production, staging]): PanelAnswer => ({
            panel,
            production: production.data.result.length,
            staging: staging.data.result.length,
            problem: mixture(both, { production, staging })
          })
        ),
      { concurrency: 8 }
    )
  })

/** Series of no environment, or of one that are not the same when the other is asked for as well. */
const mixture = (both: Answer, alone: Readonly<Record<string, Answer>>): string | undefined => {
  const isOf = (namespace: string) => (one: Result[number]) => one.metric["namespace"] === namespace
  const others = Object.entries(alone).flatMap(([namespace, { data }]) => {
    const part = both.data.result.filter(isOf(namespace))
    return data.result.every(isOf(namespace)) && String(sorted(data.result)) === String(sorted(part)) ? [] : [namespace]
  })
  const strange = both.data.result.filter(({ metric }) => alone[metric["namespace"] ?? ""] === undefined)
  return others.length + strange.length === 0 ? undefined : JSON.stringify({ others, strange })
}

const variableAnswers = (running: RunningPrometheus) =>
  Effect.forEach(
    dashboards.flatMap((dashboard) =>
      dashboard.templating.list.flatMap(({ definition, name }) =>
        definition === undefined ? [] : [{ dashboard, definition, name }]
      )
    ),
    ({ dashboard, definition, name }) =>
      Effect.gen(function* () {
        const [, series = "", label = ""] = /^label_values\((.*), (\w+)\)$/s.exec(filledIn(definition)) ?? []
        const { data } = yield* running.query(`count by (${label}) (${series})`)
        const value = data.result.map(({ metric }) => metric[label] ?? "").find((one) => one !== "")
        if (value === undefined) {
          return [{ variable: name, panel: dashboard.title, problem: "has no value" }]
        }
        return yield* Effect.forEach(
          queriesOf(dashboard).filter(({ expression }) => expression.includes(`$${name}`)),
          ({ expression, panel }) =>
            Effect.map(running.query(filledIn(expression, { [name]: value })), (answer): VariableAnswer => {
              const others = answer.data.result.filter(({ metric }) => (metric[label] ?? value) !== value)
              return {
                variable: name,
                panel,
                problem: answer.status === "success" && others.length === 0 ? undefined : JSON.stringify(answer)
              }
            })
        )
      }),
    { concurrency: 4 }
  ).pipe(Effect.map((all) => all.flat()))
