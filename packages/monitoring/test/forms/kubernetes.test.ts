/** Objects of Kubernetes hold the rules and dashboards that the files hold, under names that stay. */
import { describe, expect, it } from "vitest"
import { parse } from "yaml"
import { filesOf, type Form } from "../../src/forms.ts"
import { monitoringOf } from "../../src/monitoring.ts"
import { defaults, type Settings } from "../../src/settings.ts"
import { type Manifest, vmRule } from "../support/manifests.ts"
import { shopSettings as shop } from "../support/shop-settings.ts"

interface Rules extends Manifest {
  readonly spec: { readonly groups: unknown }
}

interface ConfigMap extends Manifest {
  readonly data: Readonly<Record<string, string>>
}

interface Dashboard extends Manifest {
  readonly spec: { readonly json: string; readonly folder: string }
}

const inKubernetes: ReadonlyArray<Form> = [
  "prometheus-operator",
  "grafana-sidecar",
  "grafana-operator",
  "victoriametrics"
]

const objectsOf = <M extends Manifest>(form: Form, settings: Settings): ReadonlyArray<readonly [string, M]> =>
  Array.from(filesOf(form, monitoringOf(settings)), ([name, content]) => [name, parse(content)] as const)

const filesIn = (form: Form, folder: string, settings: Settings) =>
  [...filesOf(form, monitoringOf(settings))].filter(([name]) => name.startsWith(folder)).map(([, content]) => content)

const asFiles = (settings: Settings) => filesIn("prometheus", "rules/", settings).map((text) => parse(text).groups)

describe.each([
  ["the defaults", defaults],
  ["a shop of several clusters", shop]
])("with the settings of %s", (_, settings) => {
  it.each(["prometheus-operator", "victoriametrics"] as const)("%s has the groups of the rule files", (form) => {
    const rules = objectsOf<Rules>(form, settings).filter(([name]) => name.startsWith("rules/"))
    expect(rules.map(([, { spec }]) => spec.groups)).toEqual(asFiles(settings))
  })

  it("the VMRules are as their documentation says", () => {
    expect(objectsOf("victoriametrics", settings).flatMap(([, object]) => vmRule(object))).toEqual([])
  })

  it("ConfigMaps and GrafanaDashboards have the JSON of the files, letter for letter", () => {
    const files = filesIn("grafana", "dashboards/", settings).map((text) => text.trimEnd())
    const maps = objectsOf<ConfigMap>("grafana-sidecar", settings)
    expect(maps.flatMap(([, { data }]) => Object.values(data))).toEqual(files)
    expect(objectsOf<Dashboard>("grafana-operator", settings).map(([, { spec }]) => spec.json)).toEqual(files)
  })

  it("each object is small enough for an annotation of kubectl, and so for a ConfigMap", () => {
    const sizes = inKubernetes.flatMap((form) =>
      Array.from(filesOf(form, monitoringOf(settings)).values(), (content) =>
        Buffer.byteLength(JSON.stringify(parse(content)))
      )
    )
    expect(Math.max(...sizes)).toBeLessThan(262_144)
  })

  it("names are DNS labels, each once for a kind", () => {
    const names = inKubernetes.flatMap((form) =>
      objectsOf(form, settings).map(([, { kind, metadata }]) => `${kind} ${metadata.name}`)
    )
    expect(new Set(names).size).toBe(names.length)
    expect(names.filter((name) => !/^\w+ [a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name))).toEqual([])
  })
})

describe("objects", () => {
  it("have names that stay", () => {
    const named = inKubernetes.flatMap((form) =>
      objectsOf(form, shop).map(([file, { kind, metadata }]) => `${form}/${file}: ${kind} ${metadata.name}`)
    )
    expect(named.filter((name) => /jobs|monitor/.test(name))).toEqual([
      "prometheus-operator/rules/jobs.yaml: PrometheusRule shop-jobs",
      "prometheus-operator/scrape/pod-monitor.yaml: PodMonitor shop-metrics",
      "prometheus-operator/scrape/service-monitor.yaml: ServiceMonitor shop-metrics",
      "grafana-sidecar/jobs-overview.yaml: ConfigMap shop-jobs-overview",
      "grafana-operator/jobs-overview.yaml: GrafanaDashboard shop-jobs-overview",
      "victoriametrics/rules/jobs.yaml: VMRule shop-jobs"
    ])
  })

  it("have the namespace and the labels of the settings, and no others where there are none", () => {
    const metadata = (settings: Settings) =>
      inKubernetes.flatMap((form) => objectsOf(form, settings).map(([, object]) => object.metadata))
    expect(metadata(shop).filter(({ namespace }) => namespace !== "monitoring")).toEqual([])
    expect(metadata(shop).filter(({ labels }) => labels?.["release"] !== "kube-prometheus-stack")).toEqual([])
    expect(metadata(defaults).filter(({ namespace }) => namespace !== undefined)).toEqual([])
  })

  it("of a dashboard are found by the sidecar, which puts them into the folder, each under a name of its own", () => {
    for (const [, { data, metadata }] of objectsOf<ConfigMap>("grafana-sidecar", shop)) {
      expect(metadata.labels).toEqual({ release: "kube-prometheus-stack", grafana_dashboard: "1" })
      expect(metadata.annotations).toEqual({ grafana_folder: "Shop" })
      expect(Object.keys(data)).toEqual([`shop-${metadata.name}.json`])
    }
  })

  it("that scrape are left out where the store has names that no server shows", () => {
    const files = [...filesOf("prometheus-operator", monitoringOf({ ...defaults, naming: "victoriametrics" })).keys()]
    expect(files.filter((name) => !name.startsWith("rules/"))).toEqual([])
  })
})
