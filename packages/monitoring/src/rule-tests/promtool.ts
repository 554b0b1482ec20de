/** Tests of alerts as promtool reads them. */
import type { Alert } from "../alerts/alert.ts"
import { type Yaml, yaml } from "../files/yaml.ts"
import type { Monitoring } from "../monitoring.ts"
import { environmentLabels } from "../naming.ts"
import { runbookUrl } from "../runbook-url.ts"
import type { Settings, Severity } from "../settings.ts"
import type { AlertTest, Firing } from "./alert-test.ts"
import { type Input, labelled } from "./input.ts"

/** Values of the labels that tell environments apart, and of those that the selector fixes. */
export type Environment = Readonly<Record<string, string>>

/** An environment of the settings: the selector's, with one value for each label of `groupBy`. */
export const environmentFor = (settings: Settings, value = "test"): Environment => ({
  ...Object.fromEntries(settings.groupBy.map((label) => [label, value])),
  ...settings.selector
})

/** The series in an environment. */
export const within = (environment: Environment, series: ReadonlyArray<Input>): ReadonlyArray<Input> =>
  series.map((one) => labelled(one, environment))

/** What a file says besides its tests. */
export interface TestFileOptions {
  /** Paths or patterns of rule files, from the folder of the file. */
  readonly rules: ReadonlyArray<string>
  /** The order of the groups, where there are several. */
  readonly groups?: ReadonlyArray<string> | undefined
  /** Minutes between two evaluations. */
  readonly every: number
  readonly tests: ReadonlyArray<Yaml>
}

/** The file that promtool reads. */
export const testFile = ({ every, groups = [], rules, tests }: TestFileOptions): string =>
  yaml({
    rule_files: rules,
    evaluation_interval: `${every}m`,
    group_eval_order: groups.length > 1 ? groups : undefined,
    tests
  })

/** Silent at every evaluation before it fires, then firing with its text. */
export const firingTest = (monitoring: Monitoring, test: AlertTest, environment: Environment): Yaml => ({
  name: `${test.alert} fires when ${test.when}`,
  interval: "1m",
  input_series: written(within(environment, test.series)),
  promql_expr_test: [silentUntil(test, test.firesAt - (test.every ?? 1))],
  alert_rule_test: [firesNow(monitoring, test, environment)]
})

/** Silent at every evaluation of the healthy twin. */
export const silentTest = (test: AlertTest, environment: Environment): Yaml => ({
  name: `${test.alert} is silent when ${test.healthy.when}`,
  interval: "1m",
  input_series: written(within(environment, test.healthy.series)),
  promql_expr_test: [silentUntil(test, watched(test))]
})

/** How long the healthy twin is watched, in minutes. */
export const watched = ({ firesAt, watch = Math.max(60, 2 * firesAt) }: AlertTest): number => watch

export const written = (inputs: ReadonlyArray<Input>): Yaml => inputs.map(({ series, values }) => ({ series, values }))

/** No series of the alert fires at any minute up to this one, of those that have these labels. */
export const silentUntil = ({ alert }: AlertTest, minute: number, labels: Environment = {}): Yaml => {
  const matchers = Object.entries({ alertname: alert, alertstate: "firing", ...labels }).map(
    ([name, value]) => `${name}=${JSON.stringify(value)}`
  )
  return {
    expr: `count_over_time(ALERTS{${matchers.join(", ")}}[${minute + 1}m])`,
    eval_time: `${minute}m`,
    exp_samples: []
  }
}

/** Firing with its text at the minute at which it must, and nothing else of its name. */
export const firesNow = (monitoring: Monitoring, test: AlertTest, environment: Environment): Yaml => ({
  eval_time: `${test.firesAt}m`,
  alertname: test.alert,
  exp_alerts: test.firing.map((firing) =>
    expected(ruleOf(monitoring, test.alert, firing), firing, { monitoring, environment })
  )
})

const expected = (
  rule: Alert,
  { description, labels, summary }: Firing,
  { environment, monitoring: { settings } }: { readonly monitoring: Monitoring; readonly environment: Environment }
): Yaml => {
  const place = environmentLabels(settings).map((label) => environment[label] ?? "")
  return {
    exp_labels: { ...environment, ...rule.labels, ...labels, severity: settings.severities[severityOf(rule, labels)] },
    exp_annotations: {
      summary: place.length === 0 ? summary : `${place.join("/")}: ${summary}`,
      description,
      runbook_url: runbookUrl(rule, settings),
      ...rule.annotations
    }
  }
}

/** What the test says, or that of the rule. */
const severityOf = ({ severity }: Alert, { severity: given }: Firing["labels"]): Severity =>
  given === "critical" || given === "warning" ? given : severity

/** The rule that fires: of several with one name, that whose labels the firing alert has. */
const ruleOf = ({ alerts }: Monitoring, alert: string, { labels }: Firing): Alert => {
  const found = alerts.find(
    ({ labels: own, name }) =>
      name === alert && Object.entries(own).every(([label, value]) => (labels[label] ?? value) === value)
  )
  if (found === undefined) {
    throw new Error(`no alert ${alert} has the labels ${JSON.stringify(labels)}`)
  }
  return found
}
