/** Every form has what is one's own: rules, dashboards, pages, and tests of alerts. */
import { describe, expect, it } from "vitest"
import { filesOf, type Form } from "../../src/forms.ts"
import { monitoringOf } from "../../src/monitoring.ts"
import { defaults } from "../../src/settings.ts"
import { ownRules, shop } from "../support/own.ts"

const monitoring = monitoringOf({ ...defaults, metrics: { shop } }, ownRules)

const ofTheLibrary = monitoringOf(defaults)

it.each([
  ["prometheus", ["rules/own.yaml", "tests/ShopInvoicesHigh.yaml"]],
  ["prometheus-operator", ["rules/own.yaml"]],
  ["grafana", ["dashboards/shop.json"]],
  ["grafana-sidecar", ["shop.yaml"]],
  ["grafana-operator", ["shop.yaml"]],
  ["victoriametrics", ["rules/own.yaml"]],
  ["markdown", ["runbooks/ShopInvoicesHigh.md"]]
] satisfies ReadonlyArray<readonly [Form, ReadonlyArray<string>]>)(
  "the form %s has files of one's own",
  (form, own) => {
    const others = filesOf(form, ofTheLibrary)
    expect([...filesOf(form, monitoring).keys()].filter((name) => !others.has(name))).toEqual(own)
  }
)

it("pages list alerts and panels of one's own", () => {
  const pages = filesOf("markdown", monitoring)
  expect(pages.get("runbooks/README.md")).toContain("| [ShopInvoicesHigh](ShopInvoicesHigh.md) | warning | 10m |")
  expect(pages.get("runbooks/ShopInvoicesHigh.md")).toContain("Customers pay by invoice more than they do otherwise.")
  expect(pages.get("dashboards/README.md")).toContain(
    "| Placed | lines, order/s | Orders that were placed. (`shop_orders_total`) | [ShopInvoicesHigh]"
  )
})

describe("the runbook of an alert of one's own", () => {
  const linked = (form: Form, name: string, runbooks = defaults.runbooks) =>
    [
      ...(filesOf(form, monitoringOf({ ...defaults, runbooks, metrics: { shop } }, ownRules)).get(name) ?? "").matchAll(
        /https:[^"\s]+\/ShopInvoicesHigh\.md/g
      )
    ].map(([url]) => url)

  const places = [
    ["prometheus", "rules/own.yaml"],
    ["prometheus", "tests/ShopInvoicesHigh.yaml"],
    ["prometheus-operator", "rules/own.yaml"],
    ["victoriametrics", "rules/own.yaml"],
    ["grafana", "dashboards/shop.json"]
  ] satisfies ReadonlyArray<readonly [Form, string]>

  it.each(places)("has no link in %s, %s to the library's runbooks, which have no such page", (form, name) => {
    expect(linked(form, name)).toEqual([])
  })

  it.each(places)("has its link in %s, %s where the configuration says where it is read", (form, name) => {
    expect(new Set(linked(form, name, "https://wiki.example.org/"))).toEqual(
      new Set(["https://wiki.example.org/ShopInvoicesHigh.md"])
    )
  })
})
