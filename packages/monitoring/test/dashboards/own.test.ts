/** Dashboards of metrics of one's own have the query that fits each kind, in their units. */
import { describe, expect, it } from "vitest"
import { referencePage } from "../../src/documents/reference.ts"
import { grafanaFile } from "../../src/files/grafana.ts"
import { monitoringOf } from "../../src/monitoring.ts"
import { parse } from "../../src/promql/parse.ts"
import { defaults, type Settings } from "../../src/settings.ts"
import { ownRules, shop } from "../support/own.ts"

interface Json {
  readonly uid: string
  readonly title: string
  readonly panels: ReadonlyArray<{
    readonly title: string
    readonly description: string
    readonly links?: ReadonlyArray<{ readonly title: string }>
    readonly fieldConfig?: { readonly defaults: { readonly unit: string } }
    readonly options?: { readonly yAxis?: { readonly unit: string } }
    readonly targets?: ReadonlyArray<{ readonly expr: string; readonly legendFormat: string }>
  }>
  readonly templating: { readonly list: ReadonlyArray<{ readonly name: string; readonly definition?: string }> }
}

const written = (settings: Partial<Settings> = {}): Json => {
  const monitoring = monitoringOf({ ...defaults, metrics: { shop }, ...settings }, ownRules)
  const [dashboard] = monitoring.dashboards.filter(({ uid }) => uid === "shop")
  return JSON.parse(dashboard === undefined ? "{}" : grafanaFile(monitoring, dashboard))
}

const queries = ({ panels }: Json) =>
  Object.fromEntries(
    panels.flatMap(({ fieldConfig, targets = [], title }) =>
      targets.length === 0
        ? []
        : [[title, { unit: fieldConfig?.defaults.unit, queries: targets.map(({ expr }) => expr) }] as const]
    )
  )

describe("the dashboard of a namespace", () => {
  it("has its name, and a row for each kind of value", () => {
    const { panels, title, uid } = written()
    expect({ uid, title }).toEqual({ uid: "shop", title: "Shop" })
    expect(panels.filter(({ targets }) => targets === undefined).map((row) => row.title)).toEqual([
      "Rates",
      "Current values",
      "Distributions"
    ])
  })

  it("has the right query and unit for each kind", () => {
    const byCountry = 'country=~"$country"'
    const duration = `shop_order_duration_seconds_bucket{job=~"$service", instance=~"$instance", ${byCountry}, outcome=~"$outcome"}`
    const flat = Object.entries(queries(written())).map(([title, { queries: all, unit }]) => [
      title,
      unit,
      ...all.map((expr) => expr.replaceAll(/\s+/g, " ").replaceAll("( ", "(").replaceAll(" )", ")"))
    ])
    expect(flat).toEqual([
      [
        "Placed",
        "suffix: order/s",
        `sum by (job, payment, country) (rate(shop_orders_total{job=~"$service", instance=~"$instance", ${byCountry}, payment=~"$payment"}[$__rate_interval]))`
      ],
      ["Waiting", "suffix: order", `max by (job, country) (shop_orders_waiting{job=~"$service", ${byCountry}})`],
      ["Carts open", "suffix: cart", 'sum by (job) (shop_carts_open{job=~"$service", instance=~"$instance"})'],
      ["Cache share", "percent", 'max by (job, instance) (shop_cache_usage{job=~"$service", instance=~"$instance"})'],
      [
        "Stock read",
        "s",
        'time() - max by (job, instance) (shop_stock_read_timestamp_seconds{job=~"$service", instance=~"$instance"})'
      ],
      [
        "Order duration",
        "s",
        ...[0.5, 0.95, 0.99].map(
          (phi) => `histogram_quantile(${phi}, sum by (job, le) (rate(${duration}[$__rate_interval])))`
        )
      ],
      [
        "Order duration: rate",
        "suffix: values/s",
        `sum by (job, outcome, country) (rate(${duration.replace("_bucket", "_count")}[$__rate_interval]))`
      ],
      ["Order duration: distribution", "s", `sum by (le) (rate(${duration}[$__rate_interval]))`]
    ])
    expect(flat.flatMap(([, , ...all]) => all.flatMap((one) => parse(one ?? "").errors))).toEqual([])
  })

  it("has a variable for each label, with the values of every metric that has it", () => {
    expect(written().templating.list.map(({ definition, name }) => [name, definition])).toEqual([
      ["datasource", undefined],
      ["service", "label_values(telemetry_series, job)"],
      ["instance", 'label_values(telemetry_series{job=~"$service"}, instance)'],
      [
        "country",
        'label_values({job=~"$service", __name__=~"shop_orders_total|shop_orders_waiting|shop_order_duration_seconds_count"}, country)'
      ],
      ["payment", 'label_values(shop_orders_total{job=~"$service"}, payment)'],
      ["outcome", 'label_values(shop_order_duration_seconds_count{job=~"$service"}, outcome)']
    ])
  })

  it("says what each metric is, and links to the runbook of the alert that reads it", () => {
    const { panels } = written({ runbooks: "https://wiki.example.org/runbooks/" })
    const [placed, , last] = ["Placed", "Carts open", "Order duration"].map((title) =>
      panels.find((one) => one.title === title)
    )
    expect(placed?.description).toBe("Orders that were placed. (`shop_orders_total`)")
    expect(placed?.links?.map(({ title }) => title)).toEqual(["Runbook: ShopInvoicesHigh"])
    expect(last?.description).toBe(
      "Time of an order. Excludes: The time of its payment. (`shop_order_duration_seconds`)"
    )
    expect(last?.links).toEqual([])
  })

  it("draws a heat map in the unit of the metric", () => {
    const { panels } = written({
      metrics: { files: { size: { ...shop.orderDuration, name: "files_size_bytes", unit: "By" } } }
    })
    expect(panels).toBeUndefined()
    const monitoring = monitoringOf({
      ...defaults,
      metrics: { files: { size: { ...shop.orderDuration, name: "files_size_bytes", unit: "By" } } }
    })
    const [dashboard] = monitoring.dashboards.filter(({ uid }) => uid === "files")
    const json: Json = JSON.parse(dashboard === undefined ? "{}" : grafanaFile(monitoring, dashboard))
    expect(json.panels.find(({ title }) => title === "Size: distribution")?.options?.yAxis?.unit).toBe("bytes")
  })

  it("keeps environments apart as the library's do", () => {
    const json = written({ groupBy: ["namespace"] })
    const all = Object.values(queries(json)).flatMap((one) => one.queries)
    expect(all.filter((expr) => !/by \(namespace, .*namespace=~"\$namespace"/s.test(expr))).toEqual([])
    expect(json.templating.list.map(({ name }) => name).slice(0, 3)).toEqual(["datasource", "namespace", "service"])
    expect(json.templating.list.at(-1)?.definition).toBe(
      'label_values(shop_order_duration_seconds_count{namespace=~"$namespace", job=~"$service"}, outcome)'
    )
  })
})

describe("the reference", () => {
  const page = referencePage(monitoringOf({ ...defaults, metrics: { shop } }, ownRules))

  it("has metrics of one's own first, with their panels and alerts", () => {
    const headings = [...page.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading)
    expect(headings.slice(0, 2)).toEqual(["shop", "jobs"])
    expect(page).toContain("Your own metrics are in [shop](#shop)")
    const [, section = ""] = page.split("### shop_orders_total\n")
    expect(section.slice(0, section.indexOf("###")).trim().split("\n")).toEqual([
      "Orders that were placed.",
      "",
      "- **Handle:** `shop.placed`",
      "- **Kind, unit:** counter, `{order}`",
      "- **Labels:** `country`; `payment` (card, invoice)",
      "- **In OTLP:** `shop_orders_total`, a monotonic sum",
      "- **In Prometheus:** `shop_orders_total`, type counter",
      "- **Several runners:** per runner: `sum`",
      "- **Panels:** Shop / Placed",
      "- **Alerts:** [ShopInvoicesHigh](runbooks/ShopInvoicesHigh.md)"
    ])
  })

  it("has their recording rules", () => {
    expect(page).toContain("| `payment:shop_orders:increase10m` | Orders that were placed in 10 minutes. |")
  })
})
