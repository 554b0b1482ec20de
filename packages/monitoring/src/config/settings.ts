/** From a configuration that nobody has checked to settings, which have a value for everything. */
import { isMap, problemText } from "../alerts/problem.ts"
import { alertProblems } from "../alerts/problems.ts"
import type { MonitoringConfig } from "../config.ts"
import { dashboards } from "../dashboards.ts"
import { formProblems } from "../forms/problems.ts"
import { ownNameProblems } from "../own-names.ts"
import { defaults, type Settings } from "../settings.ts"
import type { Problems } from "./check.ts"
import { environmentProblems } from "./environments.ts"
import { nativeProblems } from "./native-histograms.ts"
import { metricProblems } from "./own-metrics.ts"
import { alerting, anyWith, besideAlerts, schema, withAll } from "./schema.ts"

/** The configuration with its settings, or all that is wrong with it. */
export type Checked =
  | { readonly config: MonitoringConfig; readonly settings: Settings }
  | { readonly problems: Problems }

/** Checks a configuration. */
export const checked = (given: unknown): Checked => {
  const problems = [...schema.problems(given, ""), ...alertingProblems(given), ...partProblems(given)]
  return problems.length === 0 && schema.accepts(given) ? { config: given, settings: settingsOf(given) } : { problems }
}

/** Problems of parts whose shape is right, whatever the others are like. */
const partProblems = (given: unknown): Problems => parts.flatMap((problems) => problems(given))

/** Alerts are looked at with those of the other options that are right. */
const alertingProblems = (given: unknown): Problems => {
  const config = withoutWrong(given, besideAlerts)
  return alerting.accepts(config) ? alertProblems(config).map(problemText) : []
}

const withoutWrong = (given: unknown, names: ReadonlyArray<keyof MonitoringConfig>): unknown =>
  isMap(given)
    ? Object.fromEntries(
        Object.entries(given).filter(([name]) => names.every((one) => one !== name || anyWith(one).accepts(given)))
      )
    : given

/** Checks of options together, as far as each of them is right. */
const part =
  <const K extends keyof MonitoringConfig>(
    names: ReadonlyArray<K>,
    problems: (config: Pick<MonitoringConfig, K>) => Problems
  ) =>
  (given: unknown): Problems => {
    const config = withoutWrong(given, names)
    return withAll(names).accepts(config) ? problems(config) : []
  }

const parts = [
  part(["groupBy", "selector", "metrics"], environmentProblems),
  part(["grafana", "kubernetes", "metrics"], (config) =>
    formProblems(settingsOf(config), [...dashboards.map(({ uid }) => uid), ...Object.keys(config.metrics ?? {})])
  ),
  part(["metrics", "rules"], ({ metrics = {}, rules = {} }) => ownNameProblems({ metrics, rules })),
  part(["metrics"], ({ metrics = {} }) => metricProblems(metrics)),
  part(["nativeHistograms", "metrics", "rules", "naming", "forms"], nativeProblems)
]

/** The settings of a configuration that is right. */
export const settingsOf = (config: MonitoringConfig): Settings => {
  const otherJobTypes = merged(defaults.otherJobTypes, config.otherJobTypes)
  const otherRoutes = merged(defaults.otherRoutes, config.otherRoutes)
  return {
    ...merged(defaults, {
      generatedBy: config.generatedBy,
      runbooks: config.runbooks,
      rollout: config.rollout,
      groupBy: config.groupBy,
      selector: config.selector,
      naming: config.naming,
      nativeHistograms: config.nativeHistograms,
      labels: config.labels,
      annotations: config.annotations,
      metrics: config.metrics
    }),
    alerts: withoutUndefined(config.alerts ?? {}),
    otherJobTypes,
    otherRoutes,
    jobTypes: each(config.jobTypes, (one) => merged(otherJobTypes, one)),
    routes: each(config.routes, (one) => merged(otherRoutes, one)),
    severities: merged(defaults.severities, config.severities),
    traces: merged(defaults.traces, config.traces),
    grafana: merged(defaults.grafana, config.grafana),
    kubernetes: {
      ...merged(defaults.kubernetes, { ...config.kubernetes, scrape: undefined }),
      scrape: merged(defaults.kubernetes.scrape, config.kubernetes?.scrape)
    }
  }
}

/** What is given, and the rest of what is there without it. */
const merged = <A extends object>(there: A, given: { readonly [K in keyof A]?: A[K] | undefined } | undefined): A => ({
  ...there,
  ...withoutUndefined(given ?? {})
})

const withoutUndefined = <A>(given: Readonly<Record<string, A | undefined>>): Readonly<Record<string, A>> =>
  each(given, (one) => one)

const each = <A, B>(
  given: Readonly<Record<string, A | undefined>> | undefined,
  as: (one: A) => B
): Readonly<Record<string, B>> =>
  Object.fromEntries(
    Object.entries(given ?? {}).flatMap(([name, one]) => (one === undefined ? [] : [[name, as(one)] as const]))
  )
