/**
 * Somebody who has never seen this repository: the commands and files with which the guide begins, with the packed packages,
 * plain npm and a real Prometheus.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import path from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { freePort } from "../../../../vitest.ports.ts"
import { template } from "../../src/command/template.ts"
import { everyOption } from "../support/every-option.ts"
import { has, promtool, root } from "../support/promtool.ts"
import { clean, Newcomer, packed } from "../support/newcomer.ts"

const guide = readFileSync(path.join(root, "docs/guides/monitoring.md"), "utf8")

/** The commands of the guide's beginning. */
const beginning = guide.slice(0, guide.indexOf("\n## "))

const fileOf = (name: string): string =>
  guide.split(`<!-- ts: file ${name} -->\n\`\`\`ts\n`)[1]?.split("```")[0] ?? `${name} is not in the guide`

const commands = [...beginning.matchAll(/```sh\n([^`]*)```/g)].flatMap(([, text = ""]) => text.trim().split("\n"))

let project: Newcomer

const program = "npx --no-install monitoring"

beforeAll(async () => {
  const [server, monitoring] = [await packed("server"), await packed("monitoring")]
  project = new Newcomer()
  const [install = ""] = commands
  const line = install
    .replace("@parametric-portal/server ", `${server} `)
    .replace("@parametric-portal/monitoring ", `${monitoring} `)
  const { code, stderr, stdout } = await project.run(`${line} typescript@5.9 @types/node@20`)
  expect({ code, printed: stdout + stderr }).toMatchObject({ code: 0 })
  expect(`${stdout}${stderr}`.split("\n").filter((one) => /ERESOLVE|EBADENGINE|peer dep/i.test(one))).toEqual([])
}, 600_000)

afterAll(clean)

describe("the first commands of the guide", () => {
  it("are fewer than five, of which the first installs", () => {
    expect(commands.length).toBeLessThan(5)
    expect(commands[0]).toMatch(/^npm install @parametric-portal\/server @parametric-portal\/monitoring /)
    expect(commands.slice(1)).toEqual(
      ["init", "generate", "check"].map((name) => `npx @parametric-portal/monitoring ${name}`)
    )
  })

  it("begin with a configuration, of which job types and metrics of one's own have the right types", async () => {
    expect(await project.run(commands[1] ?? "")).toMatchObject({ code: 0, stderr: "" })
    expect(project.read("monitoring.config.ts")).toBe(template)
    for (const name of ["metrics.ts", "monitoring.config.ts"]) {
      project.write(name, fileOf(name))
    }
    const tsc = "npx tsc --noEmit --strict --module nodenext --target es2022 --allowImportingTsExtensions"
    expect(await project.run(`${tsc} --skipLibCheck false monitoring.config.ts`)).toMatchObject({ code: 0, stdout: "" })
    expect(await project.run(`${program} check`)).toMatchObject({ code: 1 })
  })

  it("end with dashboards and alerts of these, one after the other", async () => {
    for (const command of commands.slice(2)) {
      expect(await project.run(command)).toMatchObject({ code: 0, stderr: "" })
    }
    expect(project.read("ops/prometheus/rules/jobs.yaml")).toContain('job_type="mail"')
    expect(project.read("ops/markdown/metrics.md")).toContain("### shop_orders_total")
    expect(project.read("ops/grafana/dashboards/shop.json")).toContain("shop_orders_total")
  })

  it("take rules of one's own, whose test promtool runs", async () => {
    project.write("rules.ts", fileOf("rules.ts"))
    const config = fileOf("monitoring.config.ts")
      .replace("\n\n", '\nimport { rules } from "./rules.ts"\n\n')
      .replace(
        "metrics: { shop }",
        "metrics: { shop },\n  rules,\n  alerts: { ShopOrdersHigh: { thresholds: { orders: 55 } } }"
      )
    project.write("monitoring.config.ts", config)
    const tsc = "npx tsc --noEmit --strict --module nodenext --target es2022 --allowImportingTsExtensions"
    expect(await project.run(`${tsc} monitoring.config.ts`)).toMatchObject({ code: 0, stdout: "" })
    expect(await project.run(`${program} generate`)).toMatchObject({ code: 0, stderr: "" })
    expect(project.read("ops/prometheus/rules/own.yaml")).toContain("ShopOrdersHigh")
    expect(project.read("ops/prometheus/tests/ShopOrdersHigh.yaml")).toContain("fires when ten orders a minute")
    expect(await project.run(`${program} check`)).toMatchObject({ code: 0 })
  })

  it("have a configuration with every option, whose types are right", async () => {
    project.write("every.config.ts", everyOption)
    const tsc = "npx tsc --noEmit --strict --module nodenext --target es2022"
    expect(await project.run(`${tsc} every.config.ts`)).toMatchObject({ code: 0, stdout: "" })
  })
})

describe("somebody's continuous integration", () => {
  it("sees that a file was changed, and how", async () => {
    expect(await project.run(`${program} check`)).toMatchObject({ code: 0 })
    const rules = project.read("ops/prometheus/rules/jobs.yaml")
    project.write("ops/prometheus/rules/jobs.yaml", rules.replace("for: 10m", "for: 20m"))
    const checked = await project.run(`${program} check`)
    expect(checked).toMatchObject({ code: 1, stderr: "" })
    expect(checked.stdout).toMatch(/^differs {4}prometheus\/rules\/jobs\.yaml\n1 file is not as generated\./)
    const diff = await project.run(`${program} diff`)
    expect({ code: diff.code, lines: diff.stdout.split("\n").filter((line) => /^[-+] /.test(line)) }).toEqual({
      code: 1,
      lines: [expect.stringMatching(/^- +for: 20m$/), expect.stringMatching(/^\+ +for: 10m$/)]
    })
    expect(await project.run(`${program} generate`)).toMatchObject({ code: 0 })
    expect(project.read("ops/prometheus/rules/jobs.yaml")).toBe(rules)
  })

  it("is told in one line about a library of another minor version, and goes on", async () => {
    const manifest = "node_modules/@parametric-portal/server/package.json"
    const text = project.read(manifest)
    project.write(manifest, text.replace(/"version": "\d+\.\d+\./, '"version": "7.8.'))
    const { code, stderr } = await project.run(`${program} check`)
    project.write(manifest, text)
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringMatching(/^[^\n]* knows the metrics of [^\n]*7\.8\.\d+ is installed\. Run: [^\n]*@7\.8\n$/)
    })
  })
})

describe.runIf(has("prometheus") && has("promtool"))("a real Prometheus", () => {
  it("accepts the configuration, and loads every rule", async () => {
    const file = path.join(project.folder, "ops/prometheus/prometheus.yaml")
    expect(await promtool("check", "config", file)).toMatchObject({ code: 0 })
    const port = await freePort()
    const data = `--storage.tsdb.path=${path.join(project.folder, "data")}`
    const args = [`--config.file=${file}`, data, `--web.listen-address=127.0.0.1:${port}`]
    const child = spawn("prometheus", args, { stdio: "ignore" })
    const ended = once(child, "exit")
    try {
      const rules = await rulesOf(`http://127.0.0.1:${port}/api/v1/rules`)
      const wanted = ["jobs", "cluster", "server", "node", "telemetry", "own"].flatMap((name) =>
        [...project.read(`ops/prometheus/rules/${name}.yaml`).matchAll(/^ +- (?:alert|record): "?([^"\n]+)"?$/gm)].map(
          ([, rule = ""]) => rule
        )
      )
      expect(wanted.length).toBeGreaterThan(80)
      expect(rules).toEqual(wanted.sort())
    } finally {
      child.kill()
      await ended
    }
  })
})

interface Rules {
  readonly data: { readonly groups: ReadonlyArray<{ readonly rules: ReadonlyArray<{ readonly name: string }> }> }
}

/** The names of the rules that a Prometheus has, once it answers. */
const rulesOf = async (url: string): Promise<ReadonlyArray<string>> => {
  for (;;) {
    const answer = await fetch(url).catch(() => undefined)
    if (answer?.ok === true) {
      const { data }: Rules = (await answer.json()) as Rules
      return data.groups.flatMap(({ rules }) => rules.map(({ name }) => name)).sort()
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
