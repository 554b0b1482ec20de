/** Rules of one's own in a configuration whose types nobody checked. */
import { describe, expect, it } from "vitest"
import { checked } from "../../src/config/settings.ts"
import { alert } from "../../src/index.ts"
import { defaults } from "../../src/settings.ts"
import { invoicesTest, shop, tooManyInvoices } from "../support/own.ts"

const problems = (config: unknown): unknown => {
  const result = checked(config)
  return "problems" in result ? result.problems : []
}

/** An alert of which some options are not what their types say. */
const alertWith = (options: object): unknown => Reflect.apply(alert, undefined, [{ ...sound, ...options }])

const { expression, runbook } = tooManyInvoices.made(defaults)

const sound = {
  name: "ShopBad",
  severity: "warning",
  for: "10m",
  thresholds: {},
  threshold: "Any.",
  expression,
  summary: () => "It is bad.",
  description: () => "It is.",
  runbook
}

describe("an alert of one's own", () => {
  it.each([
    [{}, []],
    [{ for: "abc" }, ['rules.alerts[0].for is "abc", expected a duration such as "10m". Correct it.']],
    [{ severity: "page" }, ['rules.alerts[0].severity is "page", expected critical or warning. Correct it.']],
    [
      { expression: "up == 0" },
      [
        'rules.alerts[0].expression is "up == 0", expected an expression made with counter, gauge and the like. Correct it.'
      ]
    ],
    [
      { description: () => undefined },
      ["rules.alerts[0].description is undefined, expected a text that is not empty. Correct it."]
    ],
    [
      { runbook: undefined },
      ["rules.alerts[0].runbook is undefined, expected meaning, firstLook, causes, fix and silence. Correct it."]
    ],
    [
      { thresholds: { orders: { value: Number.NaN, help: "orders" } } },
      ["rules.alerts[0].thresholds.orders.value is NaN, expected a number. Correct it."]
    ],
    [
      { labels: { "a b": "c", job: "d" } },
      [
        expect.stringMatching(/^rules\.alerts\[0\]\.labels\["a b"\] is "a b", expected a name of letters/),
        expect.stringMatching(/^rules\.alerts\[0\]\.labels\.job is "d", expected a label that alerts don't have/)
      ]
    ],
    [
      {
        summary: () => {
          throw new Error("no summary")
        }
      },
      ["rules.alerts[0] can't be made: no summary"]
    ]
  ])("with %o is told what is wrong", (options, expected) => {
    expect(problems({ metrics: { shop }, rules: { alerts: [alertWith(options)] } })).toEqual(expected)
  })

  it("is made with the helper, and so is a recording rule", () => {
    expect(
      problems({ rules: { alerts: [{ name: "ShopBad", made: 1 }], recordings: [{ name: "a:b", expression: 1 }] } })
    ).toEqual([
      'rules.alerts[0] is {"name":"ShopBad","made":1}, expected an alert made with alert',
      'rules.recordings[0] is {"name":"a:b","expression":1}, expected a rule made with record'
    ])
  })
})

describe("a test of one's own", () => {
  const withTest = (test: object): unknown =>
    problems({ metrics: { shop }, rules: { alerts: [tooManyInvoices], tests: [{ ...invoicesTest, ...test }] } })

  it.each([0, -1, 20.5, 1e21])("does not fire at minute %d", (firesAt) => {
    expect(withTest({ firesAt })).toEqual([
      `rules.tests[0].firesAt is ${firesAt}, expected a whole number of minutes above 0, at most 10080`
    ])
  })

  it("fires with the labels of a rule", () => {
    const firing = [{ labels: { window: "2h" }, summary: "a", description: "b" }]
    expect(withTest({ alert: "JobErrorBudgetBurn", firing })).toEqual([
      'rules.tests[0].firing[0].labels is {"window":"2h"}, expected the labels that a rule of JobErrorBudgetBurn has'
    ])
  })
})

describe("a dashboard of one's own", () => {
  it("counts for the length of uids, and for names in Kubernetes", () => {
    expect(problems({ grafana: { uidPrefix: "p".repeat(11) }, metrics: { ["n".repeat(30)]: shop } })).toEqual([
      `grafana.uidPrefix is "${"p".repeat(11)}", expected at most 10 characters: a uid has at most 40, and ${"n".repeat(30)} is one of them`
    ])
    expect(problems({ metrics: { "shop-a": {}, shop_a: {} } })).toEqual([
      'two dashboards have the name "parametric-portal-shop-a" in Kubernetes, expected uids that differ in letters and digits'
    ])
  })
})
