/** Who reads the series of a histogram is said in a table and in runbooks, and is what the queries read. */
import { describe, expect, it } from "vitest"
import { histogramTable } from "../../src/documents/histogram-table.ts"
import { filesOf } from "../../src/forms.ts"
import { monitoringOf } from "../../src/monitoring.ts"
import { alwaysExplicit } from "../../src/native-histograms.ts"
import { metricsIn } from "../../src/promql/parse.ts"
import { defaults, type Settings } from "../../src/settings.ts"
import { ownRules, shop } from "../support/own.ts"

const made = (settings: Partial<Settings> = {}) =>
  monitoringOf({ ...defaults, metrics: { shop }, ...settings }, ownRules)

const all = made()

const rows = histogramTable(all, "runbooks/")
  .split("\n")
  .slice(2)
  .map((line) => line.split("|").map((cell) => cell.trim()))

const rowOf = (metric: string) => rows.find(([, name]) => name === `\`${metric}\``) ?? []

describe("the table of histograms", () => {
  it("has each that can be exponential, one's own first", () => {
    const names = all.rows.flatMap(({ row }) => (row.kind === "histogram" ? [`\`${row.name}\``] : []))
    expect(rows.map(([, name]) => name)).toEqual(names.filter((name) => name !== `\`${alwaysExplicit}\``))
    expect(rows[0]?.[1]).toBe("`shop_order_duration_seconds`")
  })

  it("names alerts, also those that read rules, and the rules that read series themselves", () => {
    const [, , alerts, recordings] = rowOf("http_server_request_duration_seconds")
    expect(alerts).toBe(
      "[HttpErrorBudgetBurn](runbooks/HttpErrorBudgetBurn.md) (`_count`), [HttpLatencyHigh](runbooks/HttpLatencyHigh.md) (`_bucket`, `_count`)"
    )
    expect(recordings).toBe(
      "`http_route:http_requests_answered:increase*` (`_count`), `http_route:http_requests_failed:increase*` (`_count`), " +
        "`http_route:http_requests:increase10m` (`_count`), `http_route:http_request_duration_seconds:p95_10m` (`_bucket`)"
    )
  })

  it("names each panel that reads one, with what it reads", () => {
    for (const { row } of all.rows.filter((one) => one.row.kind === "histogram" && one.row.name !== alwaysExplicit)) {
      const [, , , , panels = ""] = rowOf(row.name)
      const reading = all.dashboards.flatMap((dashboard) =>
        dashboard.rows
          .flatMap((one) => one.panels)
          .flatMap(({ queries, title }) => {
            const names = queries.flatMap(({ query }) => metricsIn(String(query)))
            const parts = ["_bucket", "_count", "_sum"].filter((part) => names.includes(`${row.name}${part}`))
            return parts.length === 0
              ? []
              : [`${dashboard.title} / ${title} (${parts.map((part) => `\`${part}\``).join(", ")})`]
          })
      )
      for (const one of reading) {
        expect(panels).toContain(one)
      }
    }
  })
})

describe("a runbook", () => {
  const page = (name: string, settings: Partial<Settings> = {}) =>
    filesOf("markdown", made(settings)).get(`runbooks/${name}.md`) ?? ""

  const needs = (text: string) => text.split("\n").filter((line) => line.startsWith("It needs "))

  it("says which series of histograms its alert needs, also by way of rules", () => {
    expect(needs(page("GarbageCollectionHeavy"))).toEqual([
      "It needs the series `v8js_gc_duration_seconds_count`, `v8js_gc_duration_seconds_sum`. A histogram that is exponential has none " +
        "over OTLP: name it in `nativeHistograms` of `monitoring.config.ts`."
    ])
    expect(needs(page("JobDeadLetterGrowing"))).toEqual([])
  })

  it("says it once where rules share a name", () => {
    expect(needs(page("HttpErrorBudgetBurn"))).toHaveLength(1)
  })

  it("says that it needs a native histogram, where the option names it, and asks for it", () => {
    const text = page("HttpLatencyHigh", { nativeHistograms: ["http_server_request_duration_seconds"] })
    expect(needs(text)).toEqual([
      "It needs `http_server_request_duration_seconds` as native histograms, as `nativeHistograms` of `monitoring.config.ts` says: " +
        "no highest boundary limits a percentile, and the scrape of a page brings none."
    ])
    expect(text).toContain("rate(http_server_request_duration_seconds[10m])")
    expect(text).not.toContain("http_server_request_duration_seconds_")
  })

  it("of the library says it of each alert that the table names", () => {
    const named = rows.flatMap(([, , alerts = ""]) => [...alerts.matchAll(/\[(\w+)\]/g)].map(([, name = ""]) => name))
    const saying = [...filesOf("markdown", all)].flatMap(([name, text]) =>
      name.startsWith("runbooks/") && needs(text).length > 0 ? [name.slice("runbooks/".length, -".md".length)] : []
    )
    expect(new Set(saying)).toEqual(new Set(named))
  })
})

describe("the reference", () => {
  it("says what Prometheus stores", () => {
    const text = filesOf("markdown", made({ nativeHistograms: ["jobs_attempts"] })).get("metrics.md") ?? ""
    expect(text).toContain("**In Prometheus:** `jobs_attempts`, type native histogram")
    expect(text).toContain(
      "**In Prometheus:** `jobs_wait_duration_seconds_bucket`, `jobs_wait_duration_seconds_count`, `jobs_wait_duration_seconds_sum`, type histogram"
    )
  })
})
