/**
 * In a store with several environments every aggregation groups by what tells them apart, every match goes by it, and every
 * selector has the matchers that choose among them: in all rules, alerts, runbooks, panels and variables.
 */
import * as FastCheck from "effect/FastCheck"
import { describe, expect, it } from "vitest"
import { grafanaFile } from "../../src/files/grafana.ts"
import { ruleGroup } from "../../src/files/rules.ts"
import { monitoringOf } from "../../src/monitoring.ts"
import { environmentLabels, panelDialect, ruleDialect, variableOf } from "../../src/naming.ts"
import { type Dialect, inDialect } from "../../src/promql/dialect.ts"
import type { Node } from "../../src/promql/node.ts"
import { defaults, type Settings } from "../../src/settings.ts"
import { ownRules, shop } from "../support/own.ts"

const base: Settings = {
  ...defaults,
  metrics: { shop },
  jobTypes: { digest: { objective: 0.999, oldestAge: 300, longestRun: 900 } },
  routes: { "/reports": { objective: 0.99, latency: 10 } }
}

const all = monitoringOf(base, ownRules)

const { alerts, dashboards, recordings } = all

const within = (settings: Partial<Settings>) => ({ ...all, settings: { ...base, ...settings } })

const ofRules = [
  ...recordings.map(({ expression }) => expression),
  ...alerts.flatMap(({ expression, runbook }) => [expression, ...runbook.firstLook.map(({ query }) => query)])
]

const ofPanels = dashboards.flatMap((one) =>
  one.rows.flatMap(({ panels }) => panels.flatMap(({ queries }) => queries.map(({ query }) => query)))
)

/** Where an expression mixes environments. */
const mixed = (node: Node, dialect: Dialect): ReadonlyArray<string> => {
  const lacks = (labels: ReadonlyArray<string>) => dialect.groupBy.some((label) => !labels.includes(label))
  switch (node.kind) {
    case "text":
      return []
    case "selector":
      return dialect.matchers.every((wanted) =>
        node.matchers.some((one) => one.label === wanted.label && one.value === wanted.value)
      )
        ? []
        : [`selector of ${node.metric}`]
    case "call":
      return node.args.flatMap((arg) => mixed(arg, dialect))
    case "aggregate":
      return [...(lacks(node.by) ? [`${node.op} by ${node.by.join()}`] : []), ...mixed(node.body, dialect)]
    case "binary":
      return [
        ...(node.on !== undefined && lacks(node.on) ? [`${node.op} on ${node.on.join()}`] : []),
        ...mixed(node.left, dialect),
        ...mixed(node.right, dialect)
      ]
  }
}

const label = FastCheck.constantFrom("cluster", "namespace", "deployment_environment_name", "region")

const environments = FastCheck.record({
  groupBy: FastCheck.uniqueArray(label, { maxLength: 4 }),
  selector: FastCheck.dictionary(FastCheck.constantFrom("team", "cluster", "namespace"), FastCheck.string(), {
    maxKeys: 3
  })
})

describe("expressions in a store with several environments", () => {
  it("are of rules, runbooks and panels", () => {
    expect(ofRules.length).toBeGreaterThan(180)
    expect(ofPanels.length).toBeGreaterThan(100)
  })

  it("keep them apart in each part", () => {
    FastCheck.assert(
      FastCheck.property(environments, (chosen) => {
        const monitoring = within(chosen)
        for (const [vectors, dialect] of [
          [ofRules, ruleDialect(monitoring)],
          [ofPanels, panelDialect(monitoring)]
        ] as const) {
          expect(vectors.flatMap((vector) => mixed(inDialect(vector, dialect).node, dialect))).toEqual([])
        }
      }),
      { numRuns: 50 }
    )
  })

  it("are told apart from those that mix them", () => {
    const dialect = ruleDialect(within({ groupBy: ["namespace"], selector: { team: "a" } }))
    expect(ofRules.filter((vector) => mixed(vector.node, dialect).length === 0)).toEqual([])
  })

  it("have the labels that tell them apart, but for counts of everything", () => {
    const dialect = panelDialect(within({ groupBy: ["namespace"] }))
    expect(
      [...ofRules, ...ofPanels].filter((vector) => !inDialect(vector, dialect).labels.includes("namespace"))
    ).toEqual([])
  })
})

describe("what is written for a store with several environments", () => {
  const settings: Settings = { ...base, groupBy: ["cluster", "namespace"], selector: { team: "checkout" } }
  const monitoring = monitoringOf(settings, ownRules)

  it("begins the summary of every alert with the environment", () => {
    const written = JSON.stringify(monitoring.groups.map((group) => ruleGroup(monitoring, group)))
    const summaries = [...written.matchAll(/"summary":"((?:[^"\\]|\\.)*)"/g)].map(([, text = ""]) => text)
    expect(summaries.length).toBe(monitoring.alerts.length)
    expect(summaries.filter((text) => !text.startsWith("{{ $labels.cluster }}/{{ $labels.namespace }}: "))).toEqual([])
  })

  it("has legends, variables and links between dashboards with it", () => {
    const labels = environmentLabels(settings)
    for (const dashboard of monitoring.dashboards) {
      const json: {
        readonly panels: ReadonlyArray<{ readonly targets?: ReadonlyArray<{ readonly legendFormat: string }> }>
        readonly templating: { readonly list: ReadonlyArray<{ readonly name: string; readonly definition?: string }> }
      } = JSON.parse(grafanaFile(monitoring, dashboard))
      const legends = json.panels.flatMap(({ targets = [] }) => targets.map(({ legendFormat }) => legendFormat))
      // Grafana reads the boundaries of a heat map from its legend.
      const isTold = (legend: string) => legend === "{{le}}" || legend.startsWith("{{cluster}} {{namespace}} ")
      expect(legends.filter((legend) => !isTold(legend))).toEqual([])
      const [, cluster, namespace, ...others] = json.templating.list
      expect([cluster?.name, namespace?.name]).toEqual(labels.map(variableOf))
      expect([cluster?.definition, namespace?.definition]).toEqual([
        'label_values(telemetry_series{team="checkout"}, cluster)',
        'label_values(telemetry_series{team="checkout", cluster=~"$cluster"}, namespace)'
      ])
      expect(
        others.filter(({ definition }) => !definition?.includes('cluster=~"$cluster", namespace=~"$namespace"'))
      ).toEqual([])
    }
  })
})
