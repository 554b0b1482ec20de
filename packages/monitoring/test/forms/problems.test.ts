import { describe, expect, it } from "vitest"
import { formProblems } from "../../src/forms/problems.ts"
import { defaults, type GrafanaSettings, type KubernetesSettings } from "../../src/settings.ts"

const of = (grafana: Partial<GrafanaSettings>, kubernetes: Partial<KubernetesSettings> = {}) =>
  formProblems({
    grafana: { ...defaults.grafana, ...grafana },
    kubernetes: { ...defaults.kubernetes, ...kubernetes }
  })

describe("settings of Grafana and Kubernetes", () => {
  it("have no problem where nothing is set, nor with usual values", () => {
    expect(of({})).toEqual([])
    expect(
      of(
        { uidPrefix: "Shop_", folder: "Shop / checkout".replace("/", "-"), tags: ["a b"], datasource: "P1" },
        {
          namespace: "monitoring",
          namePrefix: "shop-",
          labels: { release: "kube-prometheus-stack", "example.org/team": "" },
          folderAnnotation: "k8s-sidecar-target-directory",
          scrape: { labels: { app: "shop" }, port: "http-metrics", namespaces: ["shop-1"] }
        }
      )
    ).toEqual([])
  })

  it("keep uids within Grafana's 40 characters", () => {
    expect(of({ uidPrefix: "a".repeat(24) })).toEqual([])
    expect(of({ uidPrefix: "a".repeat(25) })).toEqual([
      `grafana.uidPrefix is "${"a".repeat(25)}", expected at most 24 characters: a uid has at most 40, and telemetry-health is one of them`
    ])
  })

  it.each([
    [of({ uidPrefix: "a/" }), 'grafana.uidPrefix is "a/"'],
    [of({ folder: "../etc" }), 'grafana.folder is "../etc"'],
    [of({ folder: ".." }), 'grafana.folder is ".."'],
    [of({ folder: " " }), 'grafana.folder is " "'],
    [of({ datasource: "" }), 'grafana.datasource is ""'],
    [of({ tags: ["a", ""] }), 'grafana.tags[1] is ""'],
    [of({}, { namespace: "Shop" }), 'kubernetes.namespace is "Shop"'],
    [of({}, { namePrefix: "-" }), 'kubernetes.namePrefix is "-"'],
    [of({}, { labels: { "a/b/c": "" } }), 'a label of kubernetes.labels is "a/b/c"'],
    [of({}, { labels: { team: "a b" } }), 'kubernetes.labels.team is "a b"'],
    [of({}, { dashboardLabels: {} }), "kubernetes.dashboardLabels is {}"],
    [of({}, { grafanaLabels: {} }), "kubernetes.grafanaLabels is {}"],
    [of({}, { folderAnnotation: "" }), 'kubernetes.folderAnnotation is ""'],
    [
      of({}, { scrape: { labels: { a: "b" }, port: "http-metrics-port", namespaces: [] } }),
      'kubernetes.scrape.port is "http-metrics-port"'
    ],
    [
      of({}, { scrape: { labels: { a: "b" }, port: "p", namespaces: ["a", "B"] } }),
      'kubernetes.scrape.namespaces[1] is "B"'
    ],
    [of({}, { scrape: { labels: {}, port: "p", namespaces: [] } }), "kubernetes.scrape.labels is {}"]
  ])("are refused where Grafana or Kubernetes would: %j", (problems, expected) => {
    expect(problems).toHaveLength(1)
    expect(problems[0]).toContain(`${expected}, expected `)
  })

  it("give each dashboard a name of its own in Kubernetes, which has no capitals, and one that is short enough", () => {
    expect(formProblems(defaults, ["node", "Node"])).toEqual([
      'two dashboards have the name "parametric-portal-node" in Kubernetes, expected uids that differ in letters and digits'
    ])
    const [problem = ""] = of({}, { namePrefix: `${"a".repeat(50)}-` })
    expect(problem).toContain("expected at most 63 characters")
  })
})
