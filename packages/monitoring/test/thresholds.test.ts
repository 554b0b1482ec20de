/** Thresholds decide when an alert fires, and what is set of it arrives in what fires: promtool evaluates the rules. */
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { definitions } from "../src/alerts.ts"
import type { AlertDefinition } from "../src/alerts/alert.ts"
import { type Yaml, yaml } from "../src/files/yaml.ts"
import { settings } from "../src/repository.ts"
import type { AlertOverride, Settings } from "../src/settings.ts"
import { type CaseOfArea, cases } from "./support/cases.ts"
import { has, testRules } from "./support/promtool.ts"
import { RuleFiles } from "./support/rules.ts"

const all: ReadonlyArray<AlertDefinition> = Object.values(definitions).flat()

/** The case that fires the alert, or that window of it. */
const caseOf = (alert: string, window?: string): CaseOfArea => {
  const found = cases.find((one) => one.alert === alert && one.firing.some(({ labels }) => labels["window"] === window))
  if (found === undefined) {
    throw new Error(`there is no case of ${alert}`)
  }
  return found
}

const never = Number.POSITIVE_INFINITY

/** What is set, and the first minute at which the alert fires on the input of its case. */
interface Moment {
  readonly alert: string
  readonly set: AlertOverride
  readonly firesAt: number
  readonly window?: string | undefined
}

const moments: ReadonlyArray<Moment> = [
  { alert: "JobErrorRateHigh", set: {}, firesAt: 34 },
  { alert: "JobErrorRateHigh", set: { thresholds: { least: 8 } }, firesAt: 37 },
  { alert: "JobErrorRateHigh", set: { thresholds: { least: 1, share: 0.02 } }, firesAt: 30 },
  { alert: "JobErrorRateHigh", set: { thresholds: { share: 0.25 } }, firesAt: never },
  { alert: "JobErrorRateHigh", set: { for: "15m" }, firesAt: 39 },
  { alert: "JobErrorBudgetBurn", set: { thresholds: { factor1h: 10 } }, firesAt: 456, window: "1h" },
  { alert: "JobErrorBudgetBurn", set: { thresholds: { factor1h: 20.1 } }, firesAt: never, window: "1h" },
  { alert: "JobErrorBudgetBurn", set: { windows: { "1h": false } }, firesAt: never, window: "1h" },
  { alert: "JobErrorBudgetBurn", set: { windows: { "3d": false } }, firesAt: 468, window: "1h" },
  { alert: "JobQueueStalled", set: { thresholds: { seconds: 600 } }, firesAt: 31 },
  { alert: "JobDeadLetterGrowing", set: { thresholds: { least: 3 } }, firesAt: 23 },
  { alert: "ClusterShardsUnowned", set: { thresholds: { allowed: 99 } }, firesAt: 21 },
  { alert: "ClusterShardsUnowned", set: { thresholds: { allowed: 100 } }, firesAt: never },
  { alert: "ClusterRunnerLost", set: { thresholds: { allowed: 1 } }, firesAt: never },
  { alert: "EventLoopBlocked", set: { thresholds: { seconds: 0.19 } }, firesAt: 21 },
  { alert: "EventLoopBlocked", set: { thresholds: { seconds: 0.2 } }, firesAt: never },
  { alert: "TelemetryExportSilent", set: { thresholds: { seconds: 1800 } }, firesAt: 47 },
  // The longest for which its condition can still hold.
  { alert: "TelemetryExportSilent", set: { thresholds: { seconds: 3120 } }, firesAt: 69 },
  { alert: "TelemetryExportSilent", set: { thresholds: { seconds: 3240 } }, firesAt: never }
]

describe.runIf(has("promtool"))("alerts that are set", { timeout: 60_000 }, () => {
  let rules: RuleFiles

  beforeAll(() => {
    rules = new RuleFiles()
  })

  afterAll(() => rules.remove())

  /** Whether the rules fire first at that minute, on the input of the case. */
  const firesFirst = ({ alert, firesAt, set, window }: Moment, one: CaseOfArea): Promise<string> => {
    const { every = 1, series } = one
    const last = firesAt === never ? one.firesAt + 30 : firesAt
    const labels = { alertname: alert, alertstate: "firing", ...(window !== undefined && { window }) }
    const matchers = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    const firing = `(count(ALERTS{${matchers.join(", ")}}) or vector(0))`
    const before = firesAt === never ? last : last - every
    const silent = { expr: `max_over_time(${firing}[${before}m:${every}m])`, eval_time: `${before}m` }
    return testRules(
      yaml({
        rule_files: [rules.write({ alerts: { [alert]: set } })[one.area]],
        evaluation_interval: `${every}m`,
        tests: [
          {
            interval: "1m",
            input_series: series.map(({ series, values }) => ({ series, values })),
            promql_expr_test: [
              { ...silent, exp_samples: [{ labels: "{}", value: 0 }] },
              ...(firesAt === never
                ? []
                : [{ expr: `${firing} > bool 0`, eval_time: `${last}m`, exp_samples: [{ labels: "{}", value: 1 }] }])
            ]
          }
        ]
      })
    )
  }

  describe.concurrent.each(moments)("$alert with $set", (moment) => {
    it(`fires first at minute ${moment.firesAt}`, async ({ expect }) => {
      expect(await firesFirst(moment, caseOf(moment.alert, moment.window))).toBe("as expected")
    })
  })

  /** What a case does is beyond any share: each save fails, and no attempt ever ends. */
  const beyond = ["ClusterStorageErrors share", "JobRedeliveriesHigh share"]

  /** Each alert with each threshold that is of its window, or of all. */
  const highest = all.flatMap(({ name, thresholds, window }) =>
    Object.entries(thresholds)
      .filter(([key]) => window === undefined || !key.startsWith("factor") || key === `factor${window}`)
      .filter(([key]) => !beyond.includes(`${name} ${key}`))
      .map(([key, { below }]) => ({ name, key, value: below === undefined ? 1e9 : below * 0.999, window }))
  )

  it("have thresholds, all but those on what must not happen and on what is expected", () => {
    expect(highest.length).toBeGreaterThan(45)
    expect(all.filter(({ thresholds }) => Object.keys(thresholds).length === 0).map(({ name }) => name)).toEqual([
      "JobQueueOldestAgeHigh",
      "JobRunningTooLong",
      "ClusterShardsDoubleOwned",
      "SingletonNotRunning"
    ])
  })

  const texts = (definition: AlertDefinition, alerts: Settings["alerts"]): string => {
    const { description, runbook, summary, threshold } = definition.made({ ...settings, alerts })
    return [threshold, summary, description, runbook.meaning].join("\n")
  }

  it.each(highest)("$name says its $key", ({ key, name, value, window }) => {
    const [one] = all.filter((definition) => definition.name === name && definition.window === window)
    expect(one && texts(one, { [name]: { thresholds: { [key]: value } } })).not.toBe(one && texts(one, {}))
  })

  it("say for how long they hold as it is set, where they say so", () => {
    const words = (one: AlertDefinition, held: "44m" | "45m") => texts(one, { [one.name]: { for: held } })
    const saying = all.filter((one) => words(one, "44m") !== words(one, "45m"))
    expect(saying.map((one) => words(one, "44m").replaceAll("44 minutes", "45 minutes"))).toEqual(
      saying.map((one) => words(one, "45m"))
    )
    expect(saying.map(({ name }) => name)).toEqual([
      "JobQueueOldestAgeHigh",
      "JobSlotsExhausted",
      "ClusterShardsUnowned",
      "ClusterShardsDoubleOwned",
      "ClusterRunnerLost",
      "ClusterEntityRestartLoop",
      "DatabaseConnectionsExhausted",
      "EventLoopBlocked"
    ])
  })

  describe.concurrent.each(highest)("$name with the highest $key", ({ key, name, value, window }) => {
    it("is silent", async ({ expect }) => {
      const moment = { alert: name, set: { thresholds: { [key]: value } }, firesAt: never, window }
      expect(await firesFirst(moment, caseOf(name, window))).toBe("as expected")
    })
  })

  const set: Partial<Settings> = {
    severities: { critical: "page", warning: "ticket" },
    labels: { team: "checkout", tier: "2" },
    annotations: { channel: "#shop" },
    alerts: {
      JobErrorRateHigh: {
        severity: "critical",
        labels: { tier: "1" },
        annotations: { dashboard: "https://grafana.example.org/d/jobs?var-service={{ $labels.job }}" }
      },
      JobDeadLettersUnattended: { thresholds: { seconds: 43_200 } }
    }
  }

  /** Whether what fires is as it must be, of the rules of jobs that are set. */
  const fires = ({ alert, firesAt, series }: CaseOfArea, expected: Yaml): Promise<string> =>
    testRules(
      yaml({
        rule_files: [rules.write(set).jobs],
        evaluation_interval: "1m",
        tests: [
          {
            interval: "1m",
            input_series: series.map(({ series, values }) => ({ series, values })),
            alert_rule_test: [{ eval_time: `${firesAt}m`, alertname: alert, exp_alerts: [expected] }]
          }
        ]
      })
    )

  it("fire with their severity, labels and annotations", async () => {
    const one = caseOf("JobErrorRateHigh")
    const [firing] = one.firing
    expect(
      await fires(one, {
        exp_labels: { ...firing?.labels, severity: "page", team: "checkout", tier: "1" },
        exp_annotations: {
          summary: firing?.summary,
          description: firing?.description,
          runbook_url: `${settings.runbooks}JobErrorRateHigh.md`,
          channel: "#shop",
          dashboard: "https://grafana.example.org/d/jobs?var-service=shop"
        }
      })
    ).toBe("as expected")
  })

  it("fire with what is said for all alerts, and with a text that has the threshold", async () => {
    const one = { ...caseOf("JobDeadLettersUnattended"), firesAt: 60 }
    expect(
      await fires(one, {
        exp_labels: { ...one.firing[0]?.labels, severity: "ticket", team: "checkout", tier: "2" },
        exp_annotations: {
          summary: "Dead letters of digest jobs of shop have been there for more than 12 hours.",
          description:
            "The oldest dead letter of digest jobs is 1d 0h 50m 0s old. Read its error history, then replay or discard it.",
          runbook_url: `${settings.runbooks}JobDeadLettersUnattended.md`,
          channel: "#shop"
        }
      })
    ).toBe("as expected")
  })
})
