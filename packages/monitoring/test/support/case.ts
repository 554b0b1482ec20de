/** One case of an alert: when it fires with which text, and a healthy twin for which it does not. */
import { type Yaml, yaml } from "../../src/files/yaml.ts"
import { settings } from "../../src/repository.ts"
import { testRules } from "./promtool.ts"
import type { Input } from "./series.ts"

/** An alert as it must be when it fires. */
export interface Firing {
  readonly labels: Readonly<Record<string, string>>
  readonly summary: string
  readonly description: string
}

export interface Case {
  readonly alert: string
  /** What happens, in a few words; the title of the test. */
  readonly when: string
  readonly series: ReadonlyArray<Input>
  /** The first minute at which it fires; it is silent at every evaluation before. */
  readonly firesAt: number
  readonly firing: ReadonlyArray<Firing>
  /** Nearly the same, but nothing that should wake anybody: silent at every evaluation. */
  readonly healthy: { readonly when: string; readonly series: ReadonlyArray<Input> }
  /** How long the healthy twin is watched, in minutes; an hour or twice as long as it took to fire, unless given. */
  readonly watch?: number
  /** Minutes between two evaluations; 1 unless given. */
  readonly every?: number
}

interface Expectation {
  readonly minute: number
  readonly firing: ReadonlyArray<Firing>
}

const expectation = (alert: string, { firing, minute }: Expectation): Yaml => ({
  eval_time: `${minute}m`,
  alertname: alert,
  exp_alerts: firing.map(({ description, labels, summary }) => ({
    exp_labels: labels,
    exp_annotations: { summary, description, runbook_url: `${settings.runbooks}${alert}.md` }
  }))
})

/** What to evaluate, on which input, and what must and must not fire. */
export interface TestFile {
  readonly rules: ReadonlyArray<string>
  readonly inputs: ReadonlyArray<Input>
  readonly expectations: ReadonlyArray<Expectation & { readonly alert: string }>
  /** Minutes between two evaluations. */
  readonly every: number
}

/** The file that promtool reads. */
export const testFile = ({ every, expectations, inputs, rules }: TestFile): string =>
  yaml({
    rule_files: rules,
    evaluation_interval: `${every}m`,
    tests: [
      {
        interval: "1m",
        input_series: inputs.map(({ series, values }) => ({ series, values })),
        alert_rule_test: expectations.map((one) => expectation(one.alert, one))
      }
    ]
  })

const minutes = (from: number, to: number, every: number): ReadonlyArray<number> =>
  Array.from({ length: Math.floor((to - from) / every) + 1 }, (_, index) => from + index * every)

/** Silent at every evaluation before it fires, then firing with its text. */
export const fires = ({ alert, every = 1, firesAt, firing, series }: Case, rules: string): Promise<string> =>
  testRules(
    testFile({
      rules: [rules],
      inputs: series,
      every,
      expectations: [
        ...minutes(0, firesAt - every, every).map((minute) => ({ alert, minute, firing: [] })),
        { alert, minute: firesAt, firing }
      ]
    })
  )

/** Silent at every evaluation of the healthy twin. */
export const staysSilent = (
  { alert, every = 1, firesAt, healthy, watch = Math.max(60, 2 * firesAt) }: Case,
  rules: string
): Promise<string> =>
  testRules(
    testFile({
      rules: [rules],
      inputs: healthy.series,
      every,
      expectations: minutes(0, watch, every).map((minute) => ({ alert, minute, firing: [] }))
    })
  )
