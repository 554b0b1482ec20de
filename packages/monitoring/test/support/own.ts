/** What a user of the library has of their own: the metrics of a shop, a recording rule, and an alert with its test. */
import type { Rows } from "@parametric-portal/server/observe/catalogue"
import { alert } from "../../src/alerts/alert.ts"
import type { OwnRules } from "../../src/own-rules.ts"
import { grown } from "../../src/promql/grown.ts"
import { counter } from "../../src/promql/select.ts"
import { alertTest } from "../../src/rule-tests/alert-test.ts"
import { inputProcess, inputSeries } from "../../src/rule-tests/input.ts"
import { record, recorded } from "../../src/rules/recording.ts"

export const shop = {
  placed: {
    name: "shop_orders_total",
    kind: "counter",
    unit: "{order}",
    labels: ["country", "payment"],
    closed: { payment: ["card", "invoice"] },
    help: "Orders that were placed."
  },
  waiting: {
    name: "shop_orders_waiting",
    kind: "gauge",
    unit: "{order}",
    labels: ["country"],
    scope: "cluster",
    help: "Orders that wait for their payment."
  },
  cartsOpen: {
    name: "shop_carts_open",
    kind: "upDownCounter",
    unit: "{cart}",
    labels: [],
    help: "Carts that are open."
  },
  cacheShare: { name: "shop_cache_usage", kind: "gauge", unit: "%", labels: [], help: "Share of the cache in use." },
  stockRead: {
    name: "shop_stock_read_timestamp_seconds",
    kind: "gauge",
    unit: "s",
    labels: [],
    help: "When the stock was last read."
  },
  orderDuration: {
    name: "shop_order_duration_seconds",
    kind: "histogram",
    unit: "s",
    labels: ["country", "outcome"],
    closed: { outcome: ["failure", "defect", "interruption"] },
    boundaries: [0.01, 0.1, 1, 10],
    help: "Time of an order.",
    excludes: "The time of its payment."
  }
} as const satisfies Rows

const placedOrders = record(
  "payment:shop_orders:increase10m",
  "Orders that were placed in 10 minutes.",
  grown(counter(shop.placed), "10m").sumBy("job", "payment")
)

export const tooManyInvoices = alert({
  name: "ShopInvoicesHigh",
  severity: "warning",
  for: "10m",
  thresholds: { orders: { value: 50, help: "orders by invoice in 10 minutes" } },
  threshold: ({ orders }) => `${orders} orders by invoice in 10 minutes.`,
  expression: ({ orders }) => recorded(placedOrders, { payment: "invoice" }).above(orders),
  summary: (label) => `${label("job")} has many orders by ${label("payment")}.`,
  description: (label) => `{{ $value }} orders of ${label("job")} were placed in the last 10 minutes.`,
  runbook: {
    meaning: "Customers pay by invoice more than they do otherwise.",
    firstLook: [{ question: "In which country?", query: counter(shop.placed).rate("5m").sumBy("job", "country") }],
    causes: ["Cards are refused."],
    fix: ["Ask the provider of cards."],
    silence: "By `job`."
  }
})

export const invoicesTest = alertTest({
  alert: "ShopInvoicesHigh",
  when: "ten invoices a minute are placed from the twentieth minute on",
  series: [inputProcess(), inputSeries(shop.placed, { payment: "invoice", country: "CH" }, "0x20 10+10x60")],
  firesAt: 36,
  firing: [
    {
      labels: { job: "shop", payment: "invoice", severity: "warning" },
      summary: "shop has many orders by invoice.",
      description: "100 orders of shop were placed in the last 10 minutes."
    }
  ],
  healthy: {
    when: "four a minute are",
    series: [inputProcess(), inputSeries(shop.placed, { payment: "invoice", country: "CH" }, "0x20 4+4x60")]
  }
})

export const ownRules = {
  recordings: [placedOrders],
  alerts: [tooManyInvoices],
  tests: [invoicesTest]
} satisfies OwnRules
