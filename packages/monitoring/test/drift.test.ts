/**
 * What operators look at names only what exists, and every metric is in a panel or an alert. Expressions are read from
 * the committed files where possible, with Prometheus' own grammar.
 */
import { labelValues } from "@parametric-portal/server/observe/catalogue"
import { readdirSync, readFileSync } from "node:fs"
import path from "node:path"
import { describe, expect, it } from "vitest"
import { runbookUrl } from "../src/runbook-url.ts"
import { excused } from "../src/excused.ts"
import { withBlock } from "../src/documents/block.ts"
import { upstream } from "../src/documents/upstream.ts"
import { parse, type Selected } from "../src/promql/parse.ts"
import { load } from "../src/config/load.ts"
import { planOf } from "../src/command/plan.ts"
import { storedNames } from "../src/monitoring.ts"
import { repository, settings } from "../src/repository.ts"
import { blocks, files, generatedFolders } from "../src/repository/files.ts"
import { root } from "./support/promtool.ts"

const { alerts, dashboards, metricsBehind, recordings, rows } = repository

const read = (name: string): string => readFileSync(path.join(root, name), "utf8")

const under = (folder: string): ReadonlyArray<string> =>
  readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)).split(path.sep).join("/"))

interface Found {
  readonly where: string
  readonly expression: string
}

interface GrafanaPanel {
  readonly type: string
  readonly title: string
  readonly targets?: ReadonlyArray<{ readonly expr: string; readonly legendFormat: string }>
}

const inPanels: ReadonlyArray<Found> = under("packages/monitoring/generated/grafana/dashboards").flatMap((file) => {
  const { panels }: { panels: ReadonlyArray<GrafanaPanel> } = JSON.parse(read(file))
  return panels.flatMap(({ targets = [], title }) =>
    targets.map(({ expr }) => ({ where: `${path.basename(file)}: ${title}`, expression: expr }))
  )
})

const inPages: ReadonlyArray<Found> = [...under("docs/runbooks"), "docs/metrics.md", ...under("docs/guides")]
  .filter((file) => file.endsWith(".md"))
  .flatMap((file) =>
    [...read(file).matchAll(/```promql\n([\s\S]*?)```/g)].map(([, expression = ""]) => ({ where: file, expression }))
  )

const inRules: ReadonlyArray<Found> = [
  ...alerts.map(({ expression, name }) => ({ where: name, expression: String(expression) })),
  ...recordings.map(({ expression, name }) => ({ where: name, expression: String(expression) }))
]

const everywhere = [...inPanels, ...inRules, ...inPages]

const targets = ["job", "instance"]

/** The labels of the series of a name, or nothing if there is no such name. */
const labelsOf = (metric: string): ReadonlyArray<string> | undefined => {
  const row = rows.find((one) => storedNames(one.row).includes(metric))?.row
  if (row !== undefined) {
    return [...targets, ...row.labels, ...(metric.endsWith("_bucket") ? ["le"] : [])]
  }
  return recordings.find(({ name }) => name === metric)?.expression.labels
}

const labelValuesOf: Readonly<Record<string, Readonly<Record<string, ReadonlyArray<string>>>>> = labelValues

/** The values of a label of a metric, if they are a closed set. */
const valuesOf = (metric: string, label: string): ReadonlyArray<string> | undefined => {
  const found = rows.find((one) => storedNames(one.row).includes(metric))
  return found?.row.closed?.[label] ?? labelValuesOf[found?.handle.split(".")[0] ?? ""]?.[label]
}

const violationsOf = ({ matchers, metric }: Selected): ReadonlyArray<string> => {
  const labels = labelsOf(metric)
  if (labels === undefined) {
    return [`no metric ${metric}`]
  }
  return matchers.flatMap(({ label, value }) => {
    const values = valuesOf(metric, label)
    const given = String(JSON.parse(value)).split("|").filter(Boolean)
    return [
      ...(labels.includes(label) ? [] : [`${metric} has no label ${label}`]),
      ...(values === undefined || given.every((one) => one.startsWith("$") || values.includes(one))
        ? []
        : [`${metric} has no ${label} ${value}`])
    ]
  })
}

const violations = ({ expression, where }: Found): ReadonlyArray<string> => {
  const { errors, groupings, selectors } = parse(expression)
  const known = new Set(selectors.flatMap(({ metric }) => labelsOf(metric) ?? []))
  return [
    ...errors.map((error) => `does not parse ${error}`),
    ...selectors.flatMap(violationsOf),
    ...groupings.filter((label) => !known.has(label)).map((label) => `groups by ${label}, which no series has`)
  ].map((violation) => `${where}: ${violation}`)
}

const wanted = async () => planOf(await load(root), { to: undefined, more: files }).wanted

const made = await wanted()

describe("generated files", () => {
  it("are as their sources make them, byte for byte", () => {
    for (const [name, content] of made) {
      expect(read(name), `${name} is not what \`npm run generate\` makes`).toBe(content)
    }
  })

  it("are all that is in their folders", () => {
    expect(generatedFolders.flatMap(under).filter((name) => !made.has(name))).toEqual([])
  })

  it("are made twice with the same bytes", async () => {
    expect([...(await wanted())]).toEqual([...made])
  })

  it("have their blocks in pages written by hand, byte for byte", () => {
    expect(blocks().map(({ page }) => page)).toEqual([
      "README.md",
      "docs/guides/cluster.md",
      "docs/guides/monitoring.md",
      "docs/guides/telemetry-wiring.md"
    ])
    for (const block of blocks()) {
      expect(withBlock(read(block.page), block), `${block.page} is not what \`npm run generate\` makes`).toBe(
        read(block.page)
      )
    }
  })
})

describe("queries", () => {
  it("are found: in panels, in rules and in pages", () => {
    expect(inPanels.length).toBeGreaterThan(80)
    expect(inRules.length).toBeGreaterThan(80)
    expect(inPages.length).toBeGreaterThan(80)
  })

  it("name only metrics, labels and label values of the catalogue", () => {
    expect(everywhere.flatMap(violations)).toEqual([])
  })

  it("are told apart from queries that name what does not exist", () => {
    const bad = {
      metric: "rate(jobs_finished_total[5m])",
      label: "sum by (queue) (jobs_queue_depth)",
      matcher: 'jobs_queue_depth{queue="a"}',
      value: 'jobs_queue_depth{state="stuck"}',
      operation: 'jobs_in_flight{operation="run"}',
      grammar: "sum by (job (jobs_queue_depth)"
    }
    expect(Object.entries(bad).flatMap(([where, expression]) => violations({ where, expression }))).toEqual([
      "metric: no metric jobs_finished_total",
      "label: groups by queue, which no series has",
      "matcher: jobs_queue_depth has no label queue",
      'value: jobs_queue_depth has no state "stuck"',
      'operation: jobs_in_flight has no operation "run"',
      'grammar: does not parse at 12: "(jobs_queue_depth)"'
    ])
  })
})

describe("names", () => {
  it("that look like a metric, in pages and texts of alerts, are one", () => {
    const known = new Set([
      ...rows.flatMap(({ row }) => [row.name, ...storedNames(row), ...row.labels]),
      ...upstream.map(({ name }) => name)
    ])
    const pages = [
      ...under("docs/runbooks"),
      "docs/metrics.md",
      "docs/dashboards/README.md",
      "docs/guides/monitoring.md"
    ]
    const words = pages.flatMap((file) =>
      [
        ...read(file).matchAll(
          /(?<![:\w/.-])(?:jobs|cluster|workflow|telemetry|http|db|rpc|nodejs|v8js|process|effect|pool|cache)_[a-z0-9_]*[a-z0-9]\b(?!:)/g
        )
      ].map(([word]) => `${file}: ${word}`)
    )
    expect(words.length).toBeGreaterThan(300)
    expect(words.filter((word) => !known.has(word.split(": ")[1] ?? ""))).toEqual([])
  })
})

describe("metrics", () => {
  const seen = new Set([...inPanels, ...inRules].flatMap(({ expression }) => [...metricsBehind(expression)]))

  it("are each in a panel, in an alert, or excused", () => {
    expect(rows.map(({ row }) => row.name).filter((name) => !seen.has(name) && excused[name] === undefined)).toEqual([])
  })

  it("are not excused when they are seen, or are not there", () => {
    expect(Object.keys(excused).filter((name) => seen.has(name) || !rows.some(({ row }) => row.name === name))).toEqual(
      []
    )
  })

  it("have a section in the reference each", () => {
    const sections = [...read("docs/metrics.md").matchAll(/^### (\w+)$/gm)].map(([, name]) => name)
    expect(sections).toEqual(rows.map(({ row }) => row.name))
  })
})

describe("panels", () => {
  const panels = dashboards.flatMap((dashboard) =>
    dashboard.rows.flatMap((row) => row.panels.map((panel) => ({ dashboard, panel })))
  )

  it("have a title of their own on their dashboard, a unit and a description each", () => {
    for (const dashboard of dashboards) {
      const own = panels.filter((one) => one.dashboard === dashboard).map(({ panel }) => panel.title)
      expect(new Set(own).size).toBe(own.length)
    }
    expect(panels.filter(({ panel }) => panel.unit === "" || panel.description.length < 30)).toEqual([])
  })

  it("name series by labels that they have", () => {
    const wrong = panels.flatMap(({ panel }) =>
      panel.queries.flatMap(({ legend, query }) =>
        [...legend.matchAll(/\{\{(\w+)\}\}/g)]
          .map(([, label = ""]) => label)
          .filter((label) => !query.labels.includes(label) && !(panel.kind === "heatmap" && label === "le"))
          .map((label) => `${panel.title}: ${label}`)
      )
    )
    expect(wrong).toEqual([])
  })

  it("follow the selected service, and the selected process where the value is of a process", () => {
    const wrong = inPanels.flatMap(({ expression, where }) =>
      parse(expression).selectors.flatMap(({ matchers, metric }) => {
        const row = rows.find((one) => storedNames(one.row).includes(metric))?.row
        const wanted = row === undefined || row.scope === "cluster" ? ["job"] : ["job", "instance"]
        const chosen = targets.filter((label) => matchers.some((matcher) => matcher.label === label))
        return String(chosen) === String(wanted) ? [] : [`${where}: ${metric} follows ${chosen.join(", ")}`]
      })
    )
    expect(wrong).toEqual([])
  })
})

describe("alerts", () => {
  it("give their value, a next step, and only labels that they have", () => {
    const wrong = alerts.flatMap(({ description, expression, labels, name, summary }) => {
      const named = [...`${summary} ${description}`.matchAll(/\$labels\.(\w+)/g)].map(([, label = ""]) => label)
      const has = [...expression.labels, ...Object.keys(labels)]
      return [
        ...named.filter((label) => !has.includes(label)).map((label) => `${name} has no label ${label}`),
        ...(description.includes("$value") ? [] : [`${name} does not give its value`]),
        ...(summary.includes("\n") || summary.length > 120 ? [`${name} has no short summary`] : [])
      ]
    })
    expect(wrong).toEqual([])
  })

  it("lead to a runbook with every part that is needed at night", () => {
    for (const { name } of alerts) {
      expect(runbookUrl({ name }, settings)?.endsWith(`/docs/runbooks/${name}.md`)).toBe(true)
      const headings = [...read(`docs/runbooks/${name}.md`).matchAll(/^##? (.*)$/gm)].map(([, text]) => text)
      expect(headings).toEqual([name, "What it means", "First look", "Likely causes", "Fix", "Silence"])
    }
  })
})
