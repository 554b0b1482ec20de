/** Two environments with one `job` in one store: where they are told apart, none of them hides or adds to the other. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { ruleFile } from "../src/files/rules.ts"
import { monitoringOf } from "../src/monitoring.ts"
import { ruleDialect } from "../src/naming.ts"
import { inDialect } from "../src/promql/dialect.ts"
import { grown } from "../src/promql/grown.ts"
import { counter } from "../src/promql/select.ts"
import { defaults, type Settings } from "../src/settings.ts"
import { yaml } from "../src/files/yaml.ts"
import { type Input, seen, series } from "./support/series.ts"
import { has, testRules } from "./support/promtool.ts"

const { jobs } = catalogue

/** The series of an environment. */
const within = (environment: string, input: Input): Input => ({
  ...input,
  series: input.series.replace("{", `{namespace=${JSON.stringify(environment)}, `)
})

const mail = { job_type: "mail" }
const done = { ...mail, operation: "process", priority: "normal" }

// Production loses as many mails as it sends; staging sends three thousand a minute.
const inputs = [
  ...["production", "staging"].map((environment) => within(environment, seen({ instance: environment }))),
  within("production", series(jobs.completions, { ...done, instance: "production" }, "0+2x600")),
  within(
    "production",
    series(jobs.deadLettered, { ...mail, instance: "production", reason: "Timeout" }, "_x60 2+2x540")
  ),
  within("staging", series(jobs.completions, { ...done, instance: "staging" }, "0+3000x600"))
]

describe.runIf(has("promtool"))("two environments of one job", () => {
  let folder = ""

  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), "monitoring-"))
  })

  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const evaluated = (settings: Partial<Settings>, expected: ReadonlyArray<Readonly<Record<string, string>>>) => {
    const monitoring = monitoringOf({ ...defaults, ...settings })
    const [group] = monitoring.groups
    const file = path.join(folder, `jobs-${Object.keys(settings).join("-")}.yaml`)
    writeFileSync(file, group === undefined ? "" : ruleFile(monitoring, group))
    return testRules(
      yaml({
        rule_files: [file],
        evaluation_interval: "1m",
        tests: [
          {
            interval: "1m",
            input_series: inputs.map(({ series, values }) => ({ series, values })),
            promql_expr_test: [
              {
                expr: 'sort(ALERTS{alertname="JobErrorBudgetBurn", alertstate="firing", window="1h"})',
                eval_time: "200m",
                exp_samples: expected.map((labels) => ({ labels: alertOf(labels), value: 1 }))
              }
            ]
          }
        ]
      })
    )
  }

  const alertOf = (labels: Readonly<Record<string, string>>): string => {
    const all = {
      alertname: "JobErrorBudgetBurn",
      alertstate: "firing",
      job: "shop",
      job_type: "mail",
      severity: "critical",
      window: "1h",
      ...labels
    }
    return `ALERTS{${Object.entries(all)
      .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
      .join(", ")}}`
  }

  it("are added up where nothing tells them apart: the alert of the ill one is silent", async () => {
    expect(await evaluated({}, [])).toBe("as expected")
  })

  it("are told apart by a label: the alert fires for the ill one only", async () => {
    expect(await evaluated({ groupBy: ["namespace"] }, [{ namespace: "production" }])).toBe("as expected")
  })

  it("are told apart by a selector: the alert fires for the chosen one", async () => {
    expect(await evaluated({ selector: { namespace: "production" } }, [{ namespace: "production" }])).toBe(
      "as expected"
    )
    expect(await evaluated({ selector: { namespace: "staging" } }, [])).toBe("as expected")
  })

  it("have processes of one name that are not taken for each other: what is new in one is of unknown age", async () => {
    const failed = { ...mail, instance: "one", reason: "Timeout" }
    const dialect = ruleDialect(monitoringOf({ ...defaults, groupBy: ["namespace"] }))
    const expr = String(inDialect(grown(counter(jobs.failures), "10m").sumBy("job", "job_type"), dialect))
    const sample = (namespace: string, value: number) => ({
      labels: `{namespace="${namespace}", job="shop", job_type="mail"}`,
      value
    })
    expect(
      await testRules(
        yaml({
          evaluation_interval: "1m",
          tests: [
            {
              interval: "1m",
              input_series: [
                // Production's process is new at minute 20, staging's was there before; each fails five times at once.
                within("production", seen({}, "_x20 12x40")),
                within("production", series(jobs.failures, failed, "_x20 5x40")),
                within("staging", seen({}, "12x60")),
                within("staging", series(jobs.failures, failed, "_x20 5x40"))
              ].map((one) => ({ series: one.series, values: one.values })),
              promql_expr_test: [
                { expr, eval_time: "25m", exp_samples: [sample("production", 0), sample("staging", 5)] }
              ]
            }
          ]
        })
      )
    ).toBe("as expected")
  })
})
