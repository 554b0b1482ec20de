/** Tests of alerts that users write are files that promtool runs, and that fail when the alert is not as they say. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { alert } from "../../src/alerts/alert.ts"
import { ruleFile } from "../../src/files/rules.ts"
import { monitoringOf } from "../../src/monitoring.ts"
import type { OwnRules } from "../../src/own-rules.ts"
import type { AlertTest } from "../../src/rule-tests/alert-test.ts"
import { labelled } from "../../src/rule-tests/input.ts"
import { testFiles } from "../../src/rule-tests/test-files.ts"
import { failedAttempts } from "../../src/rules/jobs.ts"
import { recorded } from "../../src/rules/recording.ts"
import { defaults, type Settings } from "../../src/settings.ts"
import { jobCases } from "../alerts/jobs.ts"
import { invoicesTest, ownRules, shop } from "../support/own.ts"
import { has, promtool } from "../support/promtool.ts"

const [jobErrorRateHigh] = jobCases

const made = (settings: Partial<Settings> = {}, rules: OwnRules = {}) =>
  monitoringOf({ ...defaults, metrics: { shop }, ...settings }, { ...ownRules, ...rules })

describe("files with tests of alerts", () => {
  it("are named after the alert, and read the groups that it needs", () => {
    const files = testFiles(
      made({}, { tests: [invoicesTest, invoicesTest, ...(jobErrorRateHigh === undefined ? [] : [jobErrorRateHigh])] })
    )
    expect(
      [...files].map(([name, content]) => [name, ...content.matchAll(/..\/rules\/[a-z]+.yaml/g)].map(String))
    ).toEqual([
      ["tests/ShopInvoicesHigh.yaml", "../rules/own.yaml"],
      ["tests/ShopInvoicesHigh-2.yaml", "../rules/own.yaml"],
      ["tests/JobErrorRateHigh.yaml", "../rules/jobs.yaml"]
    ])
  })

  it("are left out where the alert is switched off, or the names are not Prometheus'", () => {
    expect(testFiles(made({ alerts: { ShopInvoicesHigh: false } })).size).toBe(0)
    expect(testFiles(made({ naming: "victoriametrics" })).size).toBe(0)
  })
})

describe("the series of a test", () => {
  it("get more labels, whether they have some or none", () => {
    const values = "0"
    const more = { namespace: "production" }
    expect(
      ["up", "up{}", 'up{job="a"}', 'up{path="/{id}"}'].map((series) => labelled({ series, values }, more).series)
    ).toEqual([
      'up{namespace="production"}',
      'up{namespace="production"}',
      'up{namespace="production", job="a"}',
      'up{namespace="production", path="/{id}"}'
    ])
    expect(labelled({ series: "up", values }, {})).toEqual({ series: "up", values })
  })
})

describe.runIf(has("promtool"))("promtool runs them", () => {
  let folder = ""

  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), "monitoring-"))
  })

  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  let count = 0

  const run = async (settings: Partial<Settings>, rules: OwnRules = {}) => {
    const monitoring = made(settings, rules)
    count += 1
    const home = path.join(folder, String(count))
    const files = [
      ...testFiles(monitoring),
      ...monitoring.groups.map((group) => [`rules/${group.name}.yaml`, ruleFile(monitoring, group)] as const)
    ]
    for (const [name, content] of files) {
      mkdirSync(path.join(home, path.dirname(name)), { recursive: true })
      writeFileSync(path.join(home, name), content)
    }
    const names = [...testFiles(monitoring).keys()].map((name) => path.join(home, name))
    expect(names.length).toBeGreaterThan(0)
    return promtool("test", "rules", ...names)
  }

  const failing = async (change: Partial<AlertTest>) =>
    (await run({}, { tests: [{ ...invoicesTest, ...change }] })).code

  it("of one's own alert", async () => {
    expect((await run({})).output).toContain("SUCCESS")
  })

  it("of an alert of the library, with one's own thresholds, severities, labels and environments", async () => {
    const settings: Partial<Settings> = {
      groupBy: ["cluster", "namespace"],
      selector: { team: "checkout", cluster: "eu" },
      severities: { critical: "page", warning: "ticket" },
      labels: { team: "shop" },
      annotations: { dashboard: "https://example.com/d" },
      runbooks: "https://wiki.example.com/"
    }
    const [one] = jobCases
    expect(await run(settings, { tests: [invoicesTest, ...(one === undefined ? [] : [one])] })).toMatchObject({
      code: 0
    })
  })

  it("of one's own alert on rules of the library, which are evaluated before it", async () => {
    const failing = alert({
      name: "ShopJobsFail",
      severity: "critical",
      for: "10m",
      thresholds: {},
      threshold: "Five attempts.",
      expression: recorded(failedAttempts).atLeast(5),
      summary: (label) => `${label("job_type")} jobs fail.`,
      description: () => "{{ $value }}",
      runbook: { meaning: "", firstLook: [], causes: [], fix: [], silence: "" }
    })
    const test: AlertTest = {
      ...invoicesTest,
      alert: "ShopJobsFail",
      series: jobErrorRateHigh?.series ?? [],
      firesAt: 34,
      firing: [{ labels: { job: "shop", job_type: "digest" }, summary: "digest jobs fail.", description: "10" }]
    }
    const monitoring = made({}, { alerts: [failing], tests: [test] })
    expect([...testFiles(monitoring).values()].map((content) => content.split("\n").slice(0, 8))).toEqual([
      [
        "# Generated by `npx @parametric-portal/monitoring generate` with monitoring.config.ts. Do not edit.",
        "rule_files:",
        '  - "../rules/jobs.yaml"',
        '  - "../rules/own.yaml"',
        "evaluation_interval: 1m",
        "group_eval_order:",
        "  - jobs",
        "  - own"
      ]
    ])
    expect(await run({}, { alerts: [failing], tests: [test] })).toMatchObject({ code: 0 })
  })

  it("with a threshold of its own, and fires later", async () => {
    expect(
      await run(
        { alerts: { ShopInvoicesHigh: { thresholds: { orders: 80 } } } },
        {
          tests: [{ ...invoicesTest, firesAt: 39 }]
        }
      )
    ).toMatchObject({ code: 0 })
  })

  it("and fail when it fires sooner, later, with another text or label, or in the healthy twin", async () => {
    const [firing] = invoicesTest.firing
    expect(firing).toBeDefined()
    const text = { ...invoicesTest.firing[0], labels: {}, summary: "", description: "", ...firing }
    expect(await failing({ firesAt: invoicesTest.firesAt + 1 })).toBe(1)
    expect(await failing({ firesAt: invoicesTest.firesAt - 1 })).toBe(1)
    expect(await failing({ firing: [{ ...text, summary: "shop" }] })).toBe(1)
    expect(await failing({ firing: [{ ...text, labels: { ...text.labels, severity: "critical" } }] })).toBe(1)
    expect(await failing({ firing: [] })).toBe(1)
    expect(await failing({ healthy: { when: "it is not", series: invoicesTest.series } })).toBe(1)
  })
})
