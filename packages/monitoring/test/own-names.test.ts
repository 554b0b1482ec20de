/** Names of one's own that are taken, or can't be written, are refused. */
import { describe, expect, it } from "vitest"
import { monitoringOf } from "../src/monitoring.ts"
import { ownNameProblems } from "../src/own-names.ts"
import type { OwnRules } from "../src/own-rules.ts"
import { defaults } from "../src/settings.ts"
import { invoicesTest, ownRules, shop, tooManyInvoices } from "./support/own.ts"

const [recording] = ownRules.recordings

const ofMetrics = (...namespaces: ReadonlyArray<string>) =>
  ownNameProblems({ metrics: Object.fromEntries(namespaces.map((name) => [name, {}])), rules: {} })

const ofRules = (rules: OwnRules) => ownNameProblems({ metrics: { shop }, rules })

describe("names of one's own", () => {
  it("are taken as they are where they are new", () => {
    expect(ownNameProblems({ metrics: { shop }, rules: ownRules })).toEqual([])
    const { alerts, groups } = monitoringOf({ ...defaults, metrics: { shop } }, ownRules)
    expect(groups.at(-1)?.name).toBe("own")
    expect(alerts.at(-1)?.name).toBe("ShopInvoicesHigh")
  })

  it("of namespaces can't be those of the library's namespaces and dashboards, and are names of files", () => {
    const taken = "a namespace or a dashboard of the library, expected another name, such as your application's"
    expect(ofMetrics("jobs", "job-by-type", "node")).toEqual(
      ["jobs", "job-by-type", "node"].map((name) => `metrics.${name} is ${taken}`)
    )
    expect(ofMetrics("../shop", "9x", "")).toEqual(
      ["../shop", "9x", ""].map(
        (name) =>
          `metrics has the namespace ${JSON.stringify(name)}, expected at most 30 letters, digits, - and _, a letter first`
      )
    )
  })

  it("of alerts can't be those of the library's, nor of each other", () => {
    const named = (...names: ReadonlyArray<string>) =>
      ofRules({ alerts: names.map((name) => ({ ...tooManyInvoices, name })) })
    expect(named("JobQueueStalled", "ReadMe", "../X", "A", "A")).toEqual([
      'rules.alerts[0] is "JobQueueStalled", expected a name that no alert of the library has',
      'rules.alerts[1] is "ReadMe", expected a name in UpperCamelCase',
      'rules.alerts[2] is "../X", expected a name in UpperCamelCase',
      'rules.alerts[4] is "A", expected each name once, or other labels for each of its rules'
    ])
    const windows = ["1h", "6h"].map((window) => ({ ...tooManyInvoices, labels: { window } }))
    expect(ofRules({ alerts: windows })).toEqual([])
  })

  it("of recording rules can't be those of metrics and the library's rules, nor of each other", () => {
    const named = (...names: ReadonlyArray<string>) =>
      ofRules({ recordings: recording === undefined ? [] : names.map((name) => ({ ...recording, name })) })
    const taken = "expected a name that no metric and no rule of the library has"
    expect(named("service:cluster_runners:count", "shop_orders_total", "a b", "a:b:c", "a:b:c")).toEqual([
      `rules.recordings[0] is "service:cluster_runners:count", ${taken}`,
      `rules.recordings[1] is "shop_orders_total", ${taken}`,
      'rules.recordings[2] is "a b", expected a name such as level:metric:operation',
      'rules.recordings[4] is "a:b:c", expected each name once'
    ])
  })

  it("of tests are those of alerts", () => {
    expect(ofRules({ tests: [invoicesTest] })).toEqual([
      'rules.tests[0] is of "ShopInvoicesHigh", expected the name of an alert'
    ])
    expect(ofRules({ tests: [{ ...invoicesTest, alert: "JobQueueStalled" }] })).toEqual([])
  })

  it("stop everything that is made with them", () => {
    expect(() => monitoringOf(defaults, { tests: [invoicesTest] })).toThrow("rules.tests[0] is of")
  })
})

describe("an alert of one's own", () => {
  const made = (alerts: typeof defaults.alerts) =>
    monitoringOf({ ...defaults, metrics: { shop }, alerts }, ownRules).alerts.find(
      ({ name }) => name === "ShopInvoicesHigh"
    )

  it("is switched off and changed by its name", () => {
    expect(made({ ShopInvoicesHigh: false })).toBeUndefined()
    expect(made({ ShopInvoicesHigh: { severity: "critical", for: "20m", thresholds: { orders: 7 } } })).toMatchObject({
      severity: "critical",
      for: "20m",
      threshold: "7 orders by invoice in 10 minutes."
    })
  })
})
