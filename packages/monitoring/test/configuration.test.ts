/** The committed configuration works: Prometheus accepts its files, and each path in them leads to a file. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { describe, expect, it } from "vitest"
import { areas } from "../src/alerts.ts"
import { otlpConfiguration, versionThree } from "../src/files/prometheus.ts"
import { yaml } from "../src/files/yaml.ts"
import { settings } from "../src/repository.ts"
import { has, promtool, root } from "./support/promtool.ts"

const generated = path.join(root, "packages/monitoring/generated")

const rules = areas.length

describe.runIf(has("promtool"))("the configuration of Prometheus", () => {
  it("that scrapes is accepted, with all rules", async () => {
    const { code, output } = await promtool("check", "config", path.join(generated, "prometheus/prometheus.yaml"))
    expect({ code, found: /(\d+) rule files found/.exec(output)?.[1] }).toEqual({ code: 0, found: String(rules) })
  })

  it("that receives OTLP is accepted but for what only version 3 knows", async () => {
    // Debian's promtool is of version 2.42: it refuses those keys, so they are cut out as they were written.
    const old = Object.entries(versionThree).reduce(
      (text, [key, value]) => text.replace(yaml({ [key]: value }), ""),
      otlpConfiguration(settings)
    )
    expect(old.split("\n").filter((line) => /^(otlp|storage):/.test(line))).toEqual([])
    const folder = mkdtempSync(path.join(tmpdir(), "monitoring-"))
    try {
      symlinkSync(path.join(generated, "prometheus/rules"), path.join(folder, "rules"))
      writeFileSync(path.join(folder, "prometheus.yaml"), old)
      const { code, output } = await promtool("check", "config", path.join(folder, "prometheus.yaml"))
      expect({ code, found: /(\d+) rule files found/.exec(output)?.[1] }).toEqual({ code: 0, found: String(rules) })
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  it("is refused with an error in it", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "monitoring-"))
    try {
      const config = readFileSync(path.join(generated, "prometheus/prometheus.yaml"), "utf8")
      writeFileSync(
        path.join(folder, "prometheus.yaml"),
        config.replace("scrape_interval: 15s", "scrape_interval: soon")
      )
      expect(await promtool("check", "config", path.join(folder, "prometheus.yaml"))).toMatchObject({ code: 1 })
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})

interface GrafanaDashboard {
  readonly uid: string
  readonly panels: ReadonlyArray<{
    readonly id: number
    readonly type: string
    readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
    readonly datasource?: { readonly uid: string }
  }>
  readonly templating: { readonly list: ReadonlyArray<{ readonly name: string; readonly type: string }> }
}

const dashboards: ReadonlyArray<GrafanaDashboard> = readdirSync(path.join(generated, "grafana/dashboards")).map(
  (name) => JSON.parse(readFileSync(path.join(generated, "grafana/dashboards", name), "utf8"))
)

describe("the dashboards", () => {
  it("are seven, each with a uid of its own", () => {
    expect(dashboards.map(({ uid }) => uid)).toEqual([
      "cluster",
      "job-by-type",
      "jobs-overview",
      "node",
      "server",
      "telemetry-health",
      "workflows"
    ])
  })

  it("have panels that overlap nowhere and stay within 24 columns", () => {
    for (const { panels } of dashboards) {
      const cells = panels.flatMap(({ gridPos: { h, w, x, y } }) => {
        expect(x + w).toBeLessThanOrEqual(24)
        return Array.from({ length: w * h }, (_, index) => `${x + (index % w)} ${y + Math.floor(index / w)}`)
      })
      expect(new Set(cells).size).toBe(cells.length)
      expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
    }
  })

  it("query the selected data source, and have the variables that their queries name", () => {
    for (const { panels, templating } of dashboards) {
      const drawn = panels.filter(({ type }) => type !== "row")
      expect(new Set(drawn.map(({ datasource }) => datasource?.uid))).toEqual(new Set(["${datasource}"]))
      const named = new Set(
        [...JSON.stringify(panels).matchAll(/\$([a-z]+(?:_[a-z]+)*)/g)].map(([, name]) => name ?? "")
      )
      expect([...named].filter((name) => !templating.list.some((variable) => variable.name === name))).toEqual([])
    }
  })
})
