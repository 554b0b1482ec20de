/** Dashboards with an address, a folder and tags of one's own, by a data source that is chosen or fixed. */
import { describe, expect, it } from "vitest"
import { parse as parseYaml } from "yaml"
import { filesOf } from "../../src/forms.ts"
import { monitoringOf } from "../../src/monitoring.ts"
import { parse } from "../../src/promql/parse.ts"
import type { GrafanaSettings } from "../../src/settings.ts"
import { defaults } from "../../src/settings.ts"
import { type GrafanaJson, typeErrors } from "../support/grafana-json.ts"

const own: GrafanaSettings = { uidPrefix: "shop-", folder: "Shop, $all", tags: ["shop"], datasource: "main" }

const url = "https://jaeger.example.com/trace/{traceId}"

const made = (grafana: Partial<GrafanaSettings>) =>
  filesOf("grafana", monitoringOf({ ...defaults, grafana: { ...defaults.grafana, ...grafana } }))

const dashboardsOf = (files: ReadonlyMap<string, string>): ReadonlyMap<string, string> =>
  new Map(
    [...files].flatMap(([name, content]) => {
      const [, uid] = /^dashboards\/(.*)\.json$/.exec(name) ?? []
      return uid === undefined ? [] : [[uid, content] as const]
    })
  )

const parsed = (files: ReadonlyMap<string, string>): ReadonlyArray<GrafanaJson> =>
  Array.from(dashboardsOf(files).values(), (text) => JSON.parse(text))

const queriesOf = ({ panels }: GrafanaJson) =>
  panels.flatMap((panel) => ("targets" in panel ? panel.targets.map(({ expr }) => expr) : []))

describe("dashboards of one's own Grafana", () => {
  it("have a prefix in each uid and in the name of each file, which are at most 40 characters long", () => {
    const uids = parsed(made(own)).map(({ uid = "" }) => uid)
    expect(uids.length).toBeGreaterThan(6)
    expect(uids.every((uid) => uid.startsWith("shop-") && uid.length <= 40)).toBe(true)
    expect([...dashboardsOf(made(own)).keys()]).toEqual(uids)
  })

  it("have tags, by which they find one another and no others", () => {
    for (const { links = [], tags } of parsed(made(own))) {
      expect(tags).toEqual(["generated", "parametric-portal", "shop"])
      expect(links.map((link) => link.tags)).toEqual([["parametric-portal", "shop"]])
    }
  })

  it("ask the data source that is fixed, and have no variable for another", () => {
    for (const [, text] of dashboardsOf(made(own))) {
      const { templating }: GrafanaJson = JSON.parse(text)
      const sources = [...text.matchAll(/"type": "prometheus",\s+"uid": "([^"]*)"/g)].map(([, uid]) => uid)
      expect(new Set(sources)).toEqual(new Set(["main"]))
      expect(text).not.toContain("${datasource}")
      expect(templating.list?.map(({ name }) => name)).not.toContain("datasource")
    }
  })

  it("ask the data source that is chosen, where none is fixed", () => {
    for (const { templating } of parsed(made({}))) {
      expect(templating.list?.[0]).toMatchObject({ name: "datasource", type: "datasource", query: "prometheus" })
    }
  })

  it("differ in nothing else", () => {
    const plain = parsed(made({}))
    expect(parsed(made(own)).map(queriesOf)).toEqual(plain.map(queriesOf))
    expect(
      parsed(made(own)).map(({ panels }) => panels.map(({ gridPos, id, title }) => ({ gridPos, id, title })))
    ).toEqual(plain.map(({ panels }) => panels.map(({ gridPos, id, title }) => ({ gridPos, id, title }))))
  })

  it("parse: each query of each panel", () => {
    const queries = parsed(made(own)).flatMap(queriesOf)
    expect(queries.length).toBeGreaterThan(80)
    expect(queries.flatMap((query) => parse(query).errors)).toEqual([])
  })

  it("are what the types of Grafana's SDK say, field by field", () => {
    const good = [...dashboardsOf(made({})), ...dashboardsOf(made(own))]
    const linked = dashboardsOf(filesOf("grafana", monitoringOf({ ...defaults, traces: { url, datasource: "tempo" } })))
    const [, text] = good[0] ?? ["", ""]
    const server = linked.get("server") ?? ""
    expect(server).toContain('"exemplar": true')
    const errors = typeErrors(
      new Map([...good, ["linked", server], ["misspelt", text.replace('"graphMode"', '"graphmode"')]])
    )
    expect(errors.filter((error) => !error.startsWith("misspelt"))).toEqual([])
    expect(errors.join()).toContain("graphmode")
  }, 120_000)
})

describe("provisioning", () => {
  it("has a provider with a name and a folder of one's own; what Grafana would replace is escaped", () => {
    expect(parseYaml(made(own).get("provisioning/dashboards/shop-parametric-portal.yaml") ?? "")).toMatchObject({
      providers: [{ name: "shop-parametric-portal", folder: "Shop, $$all" }]
    })
  })

  it("brings a data source where none is fixed, and no second one where it is", () => {
    expect([...made({}).keys()]).toContain("provisioning/datasources/prometheus.yaml")
    expect([...made(own).keys()].filter((name) => name.includes("datasources"))).toEqual([])
  })
})
