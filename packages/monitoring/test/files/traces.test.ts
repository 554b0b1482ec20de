/** How one gets from a panel to traces: exemplars, the data source that knows where they lead, and a link of the panel. */
import { describe, expect, it } from "vitest"
import { parse as parseYaml } from "yaml"
import { dashboards } from "../../src/dashboards.ts"
import { asksForExemplars } from "../../src/files/traces.ts"
import { filesOf, type Form } from "../../src/forms.ts"
import { monitoringOf } from "../../src/monitoring.ts"
import { parse } from "../../src/promql/parse.ts"
import { defaults, type Settings } from "../../src/settings.ts"
import type { GrafanaJson } from "../support/grafana-json.ts"
import { shop } from "../support/own.ts"

const url = "https://jaeger.example.com/trace/{traceId}?view=tree"

const made = (form: Form, settings: Partial<Settings> = {}) =>
  filesOf(form, monitoringOf({ ...defaults, metrics: { shop }, ...settings }))

/** The JSON of all dashboards of a form, by which Grafana has them. */
const jsonIn: Readonly<Record<string, (content: string) => string>> = {
  grafana: (content) => content,
  "grafana-sidecar": (content) => String(Object.values(parseYaml(content).data)[0]),
  "grafana-operator": (content) => parseYaml(content).spec.json
}

const dashboardsOf = (form: Form, settings: Partial<Settings>): ReadonlyArray<GrafanaJson> =>
  [...made(form, settings)].flatMap(([name, content]) =>
    name.startsWith("provisioning/") ? [] : [JSON.parse(jsonIn[form]?.(content) ?? "")]
  )

const panelsOf = (form: Form, settings: Partial<Settings> = {}) =>
  dashboardsOf(form, settings).flatMap(({ panels, title }) =>
    panels.flatMap((panel) => ("targets" in panel ? [{ dashboard: title, ...panel }] : []))
  )

const linksOf = (panel: ReturnType<typeof panelsOf>[number]) => panel.fieldConfig.defaults.links ?? []

const readsBuckets = (expression: string) =>
  parse(expression).selectors.some(({ metric }) => metric.endsWith("_bucket"))

const withLinks = { traces: { url, datasource: "tempo" } }

describe("the queries of panels", () => {
  it("ask for exemplars where they read buckets in a range, once for the same buckets", () => {
    const panels = panelsOf("grafana")
    const asking = panels.flatMap(({ targets }) => targets.filter(({ exemplar }) => exemplar === true))
    expect(asking.length).toBeGreaterThan(25)
    expect(asking.filter(({ expr, range }) => range !== true || !readsBuckets(expr ?? ""))).toEqual([])
    for (const { targets, title, type } of panels) {
      const asked = targets.filter(({ exemplar }) => exemplar === true).map(({ expr = "" }) => selectorsOf(expr))
      const read =
        type === "stat"
          ? []
          : targets.filter(({ expr = "" }) => readsBuckets(expr)).map(({ expr = "" }) => selectorsOf(expr))
      expect({ title, asked: [...asked].sort() }).toEqual({ title, asked: [...new Set(read)].sort() })
    }
  })

  it("ask for them in heat maps, and for three percentiles with the highest", () => {
    const panels = panelsOf("grafana")
    const heatMaps = panels.filter(({ type }) => type === "heatmap")
    expect(heatMaps.length).toBeGreaterThan(2)
    expect(heatMaps.filter(({ targets }) => targets[0]?.exemplar !== true)).toEqual([])
    const three = panels.find(({ title }) => title === "Time from acceptance to final outcome")?.targets ?? []
    expect(three.map(({ exemplar, expr = "" }) => [exemplar, /quantile\(\s*([\d.]+)/.exec(expr)?.[1]])).toEqual([
      [undefined, "0.5"],
      [undefined, "0.95"],
      [true, "0.99"]
    ])
  })

  it("ask for none in a panel of one number", () => {
    const [panel] = dashboards
      .flatMap(({ rows }) => rows.flatMap(({ panels }) => panels))
      .filter((one) => asksForExemplars(one).size > 0)
    expect(panel === undefined ? undefined : asksForExemplars({ ...panel, kind: "number" }).size).toBe(0)
  })

  it("ask of a native histogram, whose heat map has no boundaries", () => {
    const asking = panelsOf("grafana", { nativeHistograms: true }).flatMap(({ targets }) =>
      targets.filter(({ exemplar }) => exemplar === true)
    )
    expect(asking.length).toBeGreaterThan(25)
    expect(asking.filter(({ expr = "" }) => readsBuckets(expr) && !expr.includes("effect_fiber_lifetime"))).toEqual([])
  })
})

const selectorsOf = (expression: string): string => JSON.stringify(parse(expression).selectors)

describe("a panel's data link", () => {
  it("leads from histograms to the traces of the service in the same time, in each form", () => {
    for (const form of ["grafana", "grafana-sidecar", "grafana-operator"] as const) {
      const panels = panelsOf(form, withLinks)
      const linked = panels.filter((panel) => linksOf(panel).length > 0)
      expect(linked.length).toBeGreaterThan(25)
      expect(linked.map(({ title }) => title)).toEqual(
        panels.filter(({ targets }) => targets.some(({ exemplar }) => exemplar === true)).map(({ title }) => title)
      )
      for (const panel of linked) {
        const [link, ...others] = linksOf(panel)
        expect(others).toEqual([])
        expect(link).toMatchObject({ title: "Traces of the service", targetBlank: true })
        const [path, query = ""] = String(link?.url).split("?")
        const parameters = new URLSearchParams(
          query.replaceAll("${service:pipe}", "shop|mail").replaceAll("${__from}", "1").replaceAll("${__to}", "2")
        )
        expect([path, parameters.get("schemaVersion")]).toEqual(["/explore", "1"])
        expect(JSON.parse(parameters.get("panes") ?? "")).toEqual({
          traces: {
            datasource: "tempo",
            queries: [
              {
                refId: "A",
                datasource: { type: "tempo", uid: "tempo" },
                queryType: "traceql",
                query: '{ resource.service.name =~ "shop|mail" }'
              }
            ],
            range: { from: "1", to: "2" }
          }
        })
      }
    }
  })

  it("is not there without a data source of traces", () => {
    for (const settings of [{}, { traces: { url, datasource: undefined } }]) {
      expect(panelsOf("grafana", settings).filter((panel) => linksOf(panel).length > 0)).toEqual([])
    }
  })
})

describe("the provisioned data source", () => {
  const destinations = (traces: Settings["traces"]) =>
    parseYaml(made("grafana", { traces }).get("provisioning/datasources/prometheus.yaml") ?? "").datasources[0].jsonData
      .exemplarTraceIdDestinations

  it("knows where the trace of an exemplar is; what Grafana would replace is escaped", () => {
    expect(destinations({ url, datasource: undefined })).toEqual([
      { name: "trace_id", url: "https://jaeger.example.com/trace/$${__value.raw}?view=tree", urlDisplayLabel: "Trace" }
    ])
    expect(destinations({ url: undefined, datasource: "tempo" })).toEqual([
      { name: "trace_id", datasourceUid: "tempo" }
    ])
    expect(destinations(withLinks.traces).map(({ name }: { readonly name: string }) => name)).toEqual([
      "trace_id",
      "trace_id"
    ])
  })

  it("says nothing of traces where no option does", () => {
    expect(destinations(defaults.traces)).toBe(undefined)
  })
})
