/**
 * Objects for Kubernetes against the definitions of their kinds, and the rules in them by the programs that evaluate
 * them. Definitions that can't be had as Go modules are written from their documentation (`support/manifests.ts`).
 */
import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { parse } from "yaml"
import { yaml, type Yaml } from "../../src/files/yaml.ts"
import { filesOf, type Form } from "../../src/forms.ts"
import { type Monitoring, monitoringOf } from "../../src/monitoring.ts"
import { settings as ofRepository } from "../../src/repository.ts"
import { defaults } from "../../src/settings.ts"
import { type Check, type Manifest, realChecks, vmRule } from "../support/manifests.ts"
import { promtool, root } from "../support/promtool.ts"
import { shopSettings } from "../support/shop-settings.ts"

const all = [
  ["the defaults", monitoringOf(defaults)],
  ["this repository", monitoringOf(ofRepository)],
  ["a shop of several clusters", monitoringOf(shopSettings)]
] as const

let check: Check = () => ["no definitions"]
let folder = ""

beforeAll(async () => {
  check = await realChecks()
  folder = mkdtempSync(path.join(tmpdir(), "monitoring-"))
}, 120_000)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The rules of the objects, each in a file of Prometheus. */
const ruleFilesOf = (form: Form, monitoring: Monitoring): ReadonlyArray<string> =>
  [...filesOf(form, monitoring)]
    .filter(([name]) => name.startsWith("rules/"))
    .map(([name, text]) => {
      const { spec }: { spec: { groups: Yaml } } = parse(text)
      const file = path.join(folder, `${form}-${path.basename(name)}`)
      writeFileSync(file, yaml({ groups: spec.groups }))
      return file
    })

const vmalertSays = (files: ReadonlyArray<string>) => {
  const { error, status, stderr } = spawnSync("vmalert", ["-dryRun", ...files.map((file) => `-rule=${file}`)], {
    encoding: "utf8"
  })
  return { status, errors: status === 0 ? "" : (error?.message ?? stderr) }
}

const defined: ReadonlyArray<Form> = ["prometheus-operator", "grafana-sidecar", "grafana-operator"]

describe.each(all)("with the settings of %s", (_, monitoring) => {
  const objects = (form: Form): ReadonlyArray<Manifest> =>
    Array.from(filesOf(form, monitoring).values(), (text) => parse(text))

  it.each(defined)("%s has objects as their definitions say", (form) => {
    expect(objects(form).length).toBeGreaterThan(5)
    expect(objects(form).flatMap(check)).toEqual([])
  })

  it("victoriametrics has objects as their documentation says", () => {
    expect(objects("victoriametrics").flatMap(vmRule)).toEqual([])
  })

  it("promtool accepts the rules in each PrometheusRule", async () => {
    const files = ruleFilesOf("prometheus-operator", monitoring)
    const { code, output } = await promtool("check", "rules", ...files)
    expect({ code, checked: output.match(/SUCCESS: \d+ rules found/g)?.length }).toEqual({
      code: 0,
      checked: files.length
    })
  })

  it("vmalert accepts the rules in each VMRule", () => {
    expect(vmalertSays(ruleFilesOf("victoriametrics", monitoring))).toEqual({ status: 0, errors: "" })
  })
})

describe("with VictoriaMetrics' own names", () => {
  const monitoring = monitoringOf({ ...shopSettings, naming: "victoriametrics" })

  it("VMRules are as their documentation says, and vmalert accepts the rules in them", () => {
    const objects = Array.from(filesOf("victoriametrics", monitoring).values(), (text): Manifest => parse(text))
    expect(objects.flatMap(vmRule)).toEqual([])
    expect(vmalertSays(ruleFilesOf("victoriametrics", monitoring))).toEqual({ status: 0, errors: "" })
  })
})

describe("a check", () => {
  const [, monitoring] = all[0]

  const first = (form: Form): Manifest => parse([...filesOf(form, monitoring).values()].at(-1) ?? "")

  it.each(defined)("finds a field that a definition does not have in %s", (form) => {
    const { metadata, ...rest } = first(form)
    const labelled = { ...rest, metadata: { ...metadata, label: {} } }
    expect(check(labelled)).toEqual([expect.stringContaining('"additionalProperty":"label"')])
    const extended = { ...first(form), extra: 1 }
    expect(check(extended)).toEqual([expect.stringContaining('"additionalProperty":"extra"')])
  })

  it("finds what is missing", () => {
    const { apiVersion, kind, metadata } = first("grafana-operator")
    const empty = { apiVersion, kind, metadata, spec: {} }
    expect(check(empty)).toEqual([expect.stringContaining('"missingProperty":"instanceSelector"')])
  })

  it("finds fields and values deep within", () => {
    const monitor = first("prometheus-operator")
    const text = JSON.stringify(monitor)
    expect(check(JSON.parse(text.replace('"labeldrop"', '"forget"'))).join()).toContain("allowed values")
    expect(check(JSON.parse(text.replace('"sourceLabels"', '"source_labels"'))).join()).toContain("source_labels")
    expect(check({ ...monitor, kind: "Monitor" })).toEqual(["no definition of monitoring.coreos.com/v1 Monitor"])
  })
})

describe("the guide on Kubernetes", () => {
  const text = readFileSync(path.join(root, "docs/guides/kubernetes.md"), "utf8")

  const blocks = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, block = ""]) => block)

  const isManifest = (block: string): boolean => /^apiVersion: /m.test(block)

  it("has manifests as their definitions say", () => {
    const manifests: ReadonlyArray<Manifest> = blocks.filter(isManifest).map((block) => parse(block))
    expect(manifests.map(({ kind }) => kind)).toEqual([
      "Deployment",
      "DaemonSet",
      "PodMonitor",
      "PodMonitor",
      "Service"
    ])
    expect(manifests.flatMap(check)).toEqual([])
  })

  it("has configurations of a collector that it accepts", () => {
    const configurations = blocks.filter((block) => block.startsWith("receivers:"))
    expect(configurations.length).toBeGreaterThan(0)
    for (const [index, configuration] of configurations.entries()) {
      const file = path.join(folder, `collector-${index}.yaml`)
      writeFileSync(file, configuration)
      const { status, stderr, stdout } = spawnSync("collector", ["validate", `--config=file:${file}`], {
        encoding: "utf8"
      })
      expect({ status, output: `${stdout}${stderr}` }).toEqual({ status: 0, output: "" })
    }
  })
})
