import * as FastCheck from "effect/FastCheck"
import { readFileSync } from "node:fs"
import path from "node:path"
import { describe, expect, it } from "vitest"
import { alert } from "../../src/alerts/alert.ts"
import { problemText } from "../../src/alerts/problem.ts"
import { type AlertingConfig, alertProblems } from "../../src/alerts/problems.ts"
import { gauge } from "../../src/promql/select.ts"
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { root } from "../support/promtool.ts"

/** A configuration as JSON has it: without types. */
const problems = (config: object): ReadonlyArray<string> => alertProblems(config as AlertingConfig).map(problemText)

const of = (alerts: object): ReadonlyArray<string> => problems({ alerts })

describe("problems of alerts", () => {
  it("are none of an empty configuration, of what the guide shows, and of alerts that are off", () => {
    const guide = readFileSync(path.join(root, "docs/guides/monitoring.md"), "utf8")
    const [, shown = ""] = /```json\n(\{\n {2}"alerts"[\s\S]*?)```/.exec(guide) ?? []
    expect(problems({})).toEqual([])
    expect(problems(JSON.parse(shown))).toEqual([])
    expect(of({ ClusterBacklogGrowing: false, JobErrorRateHigh: undefined, JobQueueStalled: {} })).toEqual([])
  })

  it("name alerts, thresholds, windows and settings that are not there, and list those that are", () => {
    expect(of({ JobErrorRate: false })).toEqual([
      "alerts.JobErrorRate is false, expected the name of an alert, such as JobErrorRateHigh. Correct the name, or remove it."
    ])
    expect(of({ Nonsense: {} })[0]).toMatch(
      /^alerts\.Nonsense is \{\}, expected one of JobErrorRateHigh, JobErrorBudgetBurn, .*\. Correct the name, or remove it\.$/
    )
    expect(
      of({
        JobErrorRateHigh: { thresholds: { ratio: 0.5, toString: 1 }, windows: { "1h": false }, treshold: 1 },
        JobRunningTooLong: { thresholds: { seconds: 10 } },
        JobErrorBudgetBurn: { windows: { "2h": false, "1d": true } }
      })
    ).toEqual([
      "alerts.JobErrorRateHigh.treshold is 1, expected one of severity, for, keepFiringFor, labels, annotations, thresholds, windows. Correct the name, or remove it.",
      "alerts.JobErrorRateHigh.thresholds.ratio is 0.5, expected one of share, least. Correct the name, or remove it.",
      "alerts.JobErrorRateHigh.thresholds.toString is 1, expected one of share, least. Correct the name, or remove it.",
      'alerts.JobErrorRateHigh.windows["1h"] is false, expected nothing: this alert has none. Correct the name, or remove it.',
      "alerts.JobRunningTooLong.thresholds.seconds is 10, expected nothing: this alert has none. Correct the name, or remove it.",
      'alerts.JobErrorBudgetBurn.windows["2h"] is false, expected one of 1h, 6h, 1d, 3d. Correct the name, or remove it.',
      'alerts.JobErrorBudgetBurn.windows["1d"] is true, expected false, which leaves this window out. Use a valid value, or omit it.'
    ])
  })

  it("are numbers with which an alert never fires, or always", () => {
    const share =
      "expected a number of at least 0 and below 1: share of attempts that fail, from 0 to 1; more is too much. Use a valid value, or omit it."
    expect(
      [-0.1, 1, 10, Number.NaN, Number.POSITIVE_INFINITY, "0.5", null].flatMap((share) =>
        of({ JobErrorRateHigh: { thresholds: { share } } })
      )
    ).toEqual(
      ["-0.1", "1", "10", "NaN", "Infinity", '"0.5"', "null"].map(
        (given) => `alerts.JobErrorRateHigh.thresholds.share is ${given}, ${share}`
      )
    )
    expect(
      of({
        JobErrorRateHigh: { thresholds: { least: 0 } },
        TelemetryExportSilent: { thresholds: { seconds: 30 } },
        JobErrorBudgetBurn: { thresholds: { factor6h: 0 } }
      }).map((one) => one.split(" is ")[0])
    ).toEqual([
      "alerts.JobErrorRateHigh.thresholds.least",
      "alerts.TelemetryExportSilent.thresholds.seconds",
      "alerts.JobErrorBudgetBurn.thresholds.factor6h"
    ])
    expect(of({ JobErrorRateHigh: { thresholds: { share: 0, least: 0.5 } } })).toEqual([])
  })

  it("are durations that are none, and those that a rollout outlasts", () => {
    const duration =
      'expected a duration of at most a hundred years, in whole seconds, minutes, hours or days, such as "10m". Use a valid value, or omit it.'
    expect(of({ HeapNearLimit: { for: "1.5h", keepFiringFor: 300 } })).toEqual([
      `alerts.HeapNearLimit.for is "1.5h", ${duration}`,
      `alerts.HeapNearLimit.keepFiringFor is 300, ${duration}`
    ])
    expect(problems({ rollout: "soon" })).toEqual([`rollout is "soon", ${duration}`])
    expect(problems({ rollout: "10m", alerts: { HeapNearLimit: { for: "600s" } } })).toEqual([
      'alerts.HeapNearLimit.for is "600s", expected longer than a rollout, which takes up to 10m: else each rollout fires it. Use a longer one, omit it, or set `rollout`.'
    ])
    expect(problems({ rollout: "30m", alerts: { HeapNearLimit: { for: "31m", keepFiringFor: "0s" } } })).toEqual([])
  })

  it("are conditions that end before they have held for long enough", () => {
    expect(problems({ rollout: "1h" })).toEqual([
      'alerts.ClusterRunnerLost.for is "61m", expected less than 1 hour, for which its condition can hold at most: it would never fire. Use a shorter `for` and `rollout`, or switch the alert off with `false`.',
      'alerts.TelemetryExportSilent.for is "61m", expected less than 50 minutes, for which its condition can hold at most: it would never fire. Use a shorter `for` and `rollout`, or switch the alert off with `false`.'
    ])
    expect(problems({ rollout: "1h", alerts: { ClusterRunnerLost: false, TelemetryExportSilent: false } })).toEqual([])
    expect(of({ TelemetryExportSilent: { thresholds: { seconds: 3120 } } })).toEqual([])
    expect(of({ TelemetryExportSilent: { thresholds: { seconds: 3240 } } })).toHaveLength(1)
  })

  it("are severities that there are not, or that are empty", () => {
    expect(
      problems({
        severities: { critical: "", info: "low", warning: 3 },
        alerts: { HeapNearLimit: { severity: "page" }, JobQueueStalled: { severity: ["critical"] } }
      })
    ).toEqual([
      'severities.critical is "", expected text that is not empty. Use a valid value, or omit it.',
      'severities.info is "low", expected a value for critical or warning. Correct the name.',
      "severities.warning is 3, expected text. Write it in quotes.",
      'alerts.HeapNearLimit.severity is "page", expected critical or warning. Use a valid value, or omit it.',
      'alerts.JobQueueStalled.severity is ["critical"], expected critical or warning. Use a valid value, or omit it.'
    ])
  })

  it("are labels that an alert has of its own, and names and templates that Prometheus refuses", () => {
    expect(
      problems({
        groupBy: ["namespace"],
        selector: { cluster: "eu" },
        alerts: {
          JobErrorRateHigh: {
            labels: { job_type: "a", severity: "b", namespace: "c", cluster: "d", entity_type: "e" }
          },
          JobErrorBudgetBurn: { labels: { window: "1h" } },
          HeapNearLimit: { labels: { "my-team": "a", __x: "b", tier: 1, team: "{{ .Labels.job }}" } },
          DatabaseSlow: { annotations: { text: "{{ $labels.job }} {{ $value | humanize }}", bad: "{{", "": "x" } }
        }
      }).map((one) => one.split(", expected")[0])
    ).toEqual([
      'alerts.JobErrorRateHigh.labels.job_type is "a"',
      'alerts.JobErrorRateHigh.labels.severity is "b"',
      'alerts.JobErrorRateHigh.labels.namespace is "c"',
      'alerts.JobErrorBudgetBurn.labels.window is "1h"',
      'alerts.HeapNearLimit.labels["my-team"] is "my-team"',
      'alerts.HeapNearLimit.labels.__x is "__x"',
      "alerts.HeapNearLimit.labels.tier is 1",
      'alerts.HeapNearLimit.labels.team is "{{ .Labels.job }}"',
      'alerts.DatabaseSlow.annotations.bad is "{{"',
      'alerts.DatabaseSlow.annotations[""] is ""'
    ])
    expect(
      problems({ labels: { team: "shop", instance: "one", entity_type: "b" } }).map((one) => one.split(", expected")[0])
    ).toEqual(['labels.instance is "one"', 'labels.entity_type is "b"'])
  })

  it("are those of one's own alerts, too", () => {
    const own = alert({
      name: "NoSeries",
      severity: "warning",
      for: "10m",
      thresholds: { least: { value: 1, help: "series" } },
      threshold: "One series.",
      expression: (set) => gauge(catalogue.telemetry.series).atLeast(set.least),
      summary: () => "",
      description: () => "",
      runbook: { meaning: "", firstLook: [], causes: [], fix: [], silence: "" }
    })
    const given = {
      rules: { alerts: [own] },
      alerts: { NoSeries: { thresholds: { most: 1 }, labels: { metric: "a" } } }
    }
    expect(problems(given).map((one) => one.split(", expected")[0])).toEqual([
      'alerts.NoSeries.labels.metric is "a"',
      "alerts.NoSeries.thresholds.most is 1"
    ])
  })

  it("are said of values of any type, and never thrown", () => {
    const value = FastCheck.oneof(FastCheck.anything(), FastCheck.object({ maxDepth: 4 }))
    const override = FastCheck.record(
      {
        severity: value,
        for: value,
        keepFiringFor: value,
        labels: value,
        annotations: value,
        thresholds: value,
        windows: value
      },
      { requiredKeys: [] }
    )
    const config = FastCheck.record(
      {
        alerts: FastCheck.oneof(value, FastCheck.dictionary(FastCheck.constantFrom("JobErrorRateHigh", "X"), override)),
        labels: value,
        annotations: value,
        severities: value,
        rollout: value,
        groupBy: value
      },
      { requiredKeys: [] }
    )
    expect(
      FastCheck.assert(
        FastCheck.property(config, (given) => {
          expect(problems(given).every((one) => typeof one === "string")).toBe(true)
        }),
        { numRuns: 300 }
      )
    ).toBeUndefined()
  })
})
