/**
 * Each lint rule that guards the architecture is seen to refuse a planted violation and to leave its neighbour alone.
 * The linter runs once, with our configuration, over a repository of planted files.
 */
import { execFile } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { afterAll, beforeAll, describe, expect, it } from "vitest"

const root = fileURLToPath(new URL("../../../", import.meta.url))
const observe = "packages/server/src/observe"
const infra = "packages/server/src/infra"
const jobServer = "packages/job-server/src"

interface Planted {
  readonly what: string
  readonly file: string
  readonly source: string
  /** The rules that must refuse the file, and no other. */
  readonly refusedBy: ReadonlyArray<string>
}

/** What is wrong, in which file, and the source. */
type Violation = readonly [what: string, file: string, source: string]

const refused = (rule: string, [what, file, source]: Violation): Planted => ({ what, file, source, refusedBy: [rule] })

const allowed = (what: string, file: string, source: string): Planted => ({ what, file, source, refusedBy: [] })

const directions = [
  ["catalogue imports metrics", `${observe}/catalogue/a.ts`, `import "../metrics.ts"`],
  ["catalogue imports OpenTelemetry", `${observe}/catalogue/b.ts`, `import "@opentelemetry/api"`],
  ["catalogue imports Effect", `${observe}/catalogue/d.ts`, `import "effect/HashSet"`],
  ["points import Effect", `${observe}/collect/points/a.ts`, `export type { Left } from "effect/Either"`],
  ["points import instrument", `${observe}/collect/points/b.ts`, `import "../../instrument/meter.ts"`],
  ["the text of a page imports Effect", `${observe}/prometheus/text/a.ts`, `import "effect/Stream"`],
  ["the catalogue's entry imports instrument", `${observe}/catalogue.ts`, `import "./instrument/meter.ts"`],
  ["catalogue passes metrics on", `${observe}/catalogue/c.ts`, `export * from "../metrics.ts"`],
  ["instrument passes metrics on", `${observe}/instrument/a.ts`, `export { a } from "../metrics.ts"`],
  ["instrument imports track", `${observe}/instrument/b.ts`, `import "../track/watch.ts"`],
  ["track imports telemetry later", `${observe}/track/a.ts`, `export const a = () => import("../telemetry.ts")`],
  ["metrics imports collect", `${observe}/metrics.ts`, `import "./collect/collector.ts"`],
  ["track imports a module of Node", `${observe}/track/b.ts`, `import "node:os"`],
  ["track imports the cluster", `${observe}/track/c.ts`, `import "@effect/cluster/Sharding"`],
  ["track names a type of sql", `${observe}/track/d.ts`, `export type A = import("@effect/sql/SqlClient").A`],
  ["testing imports telemetry", `${observe}/testing/a.ts`, `import "../telemetry.ts"`],
  ["testing imports its collector", `${observe}/testing/b.ts`, `import "./collector.ts"`],
  ["testing imports Node", `${observe}/testing/c.ts`, `import "node:http"`],
  ["the collector of tests imports metrics", `${observe}/testing/collector/a.ts`, `import "../../metrics.ts"`],
  ["collect imports config", `${observe}/collect/a.ts`, `import "../config/options.ts"`],
  ["config imports otlp", `${observe}/config/a.ts`, `import "../otlp/sender.ts"`],
  ["config imports metrics", `${observe}/config/b.ts`, `import "../metrics.ts"`],
  ["otlp imports prometheus", `${observe}/otlp/a.ts`, `import "../prometheus/page.ts"`],
  ["otlp imports infra", `${observe}/otlp/b.ts`, `import "../../infra/cluster.ts"`],
  ["otlp imports the cluster", `${observe}/otlp/c.ts`, `import "@effect/cluster/Sharding"`],
  ["telemetry imports track", `${observe}/telemetry.ts`, `import "./track/watch.ts"`],
  ["prometheus imports telemetry", `${observe}/prometheus/a.ts`, `import "../telemetry.ts"`],
  ["jobs import telemetry", `${infra}/jobs/a.ts`, `import "../../observe/telemetry.ts"`],
  ["jobs import OpenTelemetry", `${infra}/jobs/b.ts`, `import "@opentelemetry/api"`],
  ["jobs import another package's file", `${infra}/jobs/c.ts`, `import "../../../../job-server/src/main.ts"`],
  ["jobs import the metrics of the cluster", `${infra}/jobs/d.ts`, `import "../cluster.ts"`],
  ["the definition of jobs imports their store", `${infra}/jobs/definition/a.ts`, `import "../store/dialect.ts"`],
  ["the definition of jobs imports SQL", `${infra}/jobs/definition/b.ts`, `import "@effect/sql/SqlClient"`],
  ["the store of jobs imports submit", `${infra}/jobs/store/a.ts`, `import "../submit/group.ts"`],
  ["submit of jobs imports their runner", `${infra}/jobs/submit/a.ts`, `import "../runner/run.ts"`],
  ["the runner of jobs imports Node", `${infra}/jobs/runner/a.ts`, `import "node:timers"`],
  ["workflow imports telemetry", `${infra}/workflow/a.ts`, `import "../../observe/telemetry.ts"`],
  ["workflow imports a part of the cluster", `${infra}/workflow/b.ts`, `import "../cluster/options.ts"`],
  ["workflow imports the cluster itself", `${infra}/workflow/c.ts`, `import "@effect/cluster/Sharding"`],
  ["the entry of workflow imports jobs", `${infra}/workflow.ts`, `import "./jobs.ts"`],
  ["decorator imports cluster", `${infra}/decorator/a.ts`, `import "../cluster/options.ts"`],
  ["decorator imports the cluster itself", `${infra}/decorator/b.ts`, `import "@effect/cluster/Sharding"`],
  ["cluster imports telemetry", `${infra}/cluster/a.ts`, `import "../../observe/telemetry.ts"`],
  ["cluster imports jobs", `${infra}/cluster/b.ts`, `import "../jobs/options.ts"`],
  ["cluster imports workflow", `${infra}/cluster/c.ts`, `import "@effect/workflow/Workflow"`],
  ["cron imports entity", `${infra}/cluster/cron/a.ts`, `import "../entity/handler.ts"`],
  ["cron imports decorator", `${infra}/cluster/cron/b.ts`, `import "../../decorator/decorate-once.ts"`],
  ["entity imports sharding", `${infra}/cluster/entity/a.ts`, `import "../sharding/clients.ts"`],
  ["entity imports storage", `${infra}/cluster/entity/b.ts`, `import "../storage/message-table.ts"`],
  ["sharding imports storage", `${infra}/cluster/sharding/a.ts`, `import "../storage/message-table.ts"`],
  ["sharding imports runner", `${infra}/cluster/sharding/b.ts`, `import "../runner/node-runner.ts"`],
  ["storage imports shards", `${infra}/cluster/storage/a.ts`, `import "../shards/held-shards.ts"`],
  ["shards import peers", `${infra}/cluster/shards/a.ts`, `import "../peers/runners.ts"`],
  ["peers import storage", `${infra}/cluster/peers/a.ts`, `import "../storage/message-table.ts"`],
  ["runner imports entity", `${infra}/cluster/runner/a.ts`, `import "../entity/handler.ts"`],
  [
    "monitoring imports more than data",
    "packages/monitoring/src/a.ts",
    `import "@parametric-portal/server/observe/metrics"`
  ],
  ["monitoring reaches into server", "packages/monitoring/src/b.ts", `import "../../server/src/observe/catalogue.ts"`],
  [
    "dashboard imports the library",
    "packages/dashboard/src/a.ts",
    `import "@parametric-portal/server/observe/catalogue"`
  ],
  [
    "job-server imports a private part",
    "packages/job-server/src/a.ts",
    `import "@parametric-portal/server/observe/track"`
  ],
  ["job-server imports the whole of server", "packages/job-server/src/b.ts", `import "@parametric-portal/server"`],
  ["job-server imports monitoring", "packages/job-server/src/c.ts", `import "@parametric-portal/monitoring"`],
  ["its server imports its audit", `${jobServer}/server/a.ts`, `export type { A } from "../audit/event-log.ts"`],
  ["its server imports the receiver", `${jobServer}/server/b.ts`, `import "@parametric-portal/dashboard/receiver"`],
  ["its audit imports its demo", `${jobServer}/audit/a.ts`, `import "../demo/result.ts"`],
  ["its admin imports its audit", `${jobServer}/admin/a.ts`, `import "../audit/event-log.ts"`],
  ["its demo imports an entry", `${jobServer}/demo/a.ts`, `import "../main.ts"`],
  ["the receiver imports an entry", "packages/dashboard/src/receiver/a.ts", `import "../main.ts"`],
  [
    "a test reaches into server",
    "packages/job-server/test/a.test.ts",
    `import "../../server/src/observe/catalogue.ts"`
  ],
  ["an example reaches into server", "examples/a.ts", `import "../packages/server/src/observe/metrics.ts"`],
  ["an example imports a private part", "examples/b.ts", `import "@parametric-portal/server/observe/track"`],
  ["an example imports the dashboard", "examples/c.ts", `import "@parametric-portal/dashboard/receiver"`],
  ["an example imports a test of examples", "examples/d.ts", `import "./test/a.ts"`]
] as const

const inInfra = [
  ["rooms(options-take-undefined)", "options", `export interface AOptions { readonly b?: string }`],
  ["rooms(no-try)", "try", `export const a = () => { try { return 1 } catch { return 2 } }`],
  ["oxc(no-async-await)", "async", `export const a = async () => 1`],
  ["eslint(no-restricted-globals)", "date", `export const a = () => Date.now()`],
  ["eslint(no-console)", "console", `export const a = () => console.log(1)`],
  ["eslint(no-restricted-imports)", "barrel", `import { Effect } from "effect"\nexport const a = Effect.void`],
  ["eslint(no-restricted-imports)", "barrel-of-cluster", `export { Sharding } from "@effect/cluster"`],
  ["typescript(consistent-type-assertions)", "cast", `export const a = (b: unknown) => b as string`],
  ["typescript(no-explicit-any)", "any", `export const a = (b: any) => b`],
  ["typescript(no-non-null-assertion)", "bang", `export const a = (b: string | undefined) => b!`],
  ["import(no-default-export)", "default", `export default 1`],
  ["unicorn(filename-case)", "NotKebab", `export const a = 1`],
  ["eslint(no-unused-vars)", "unused", `const a = 1\nexport const b = 2`],
  ["eslint(curly)", "braces", `export const a = (b: boolean) => { if (b) return 1\n  return 2 }`],
  ["eslint(max-lines)", "long", `export const a = 1\n${"// more\n".repeat(300)}`],
  ["eslint(max-lines-per-function)", "long-function", `export const a = () => {\n${"  //\n".repeat(60)}}`],
  ["import(no-cycle)", "cycle", `import { b } from "./back.ts"\nexport const a = (): number => b()`],
  ["import(no-cycle)", "type-cycle", `import type { B } from "./type-back.ts"\nexport type A = B | 1`],
  ["import(no-cycle)", "type-back", `import type { A } from "./type-cycle.ts"\nexport type B = A | 2`],
  ["import(no-cycle)", "back", `import { a } from "./cycle.ts"\nexport const b = (): number => a()`]
] as const

const planted: ReadonlyArray<Planted> = [
  ...directions.map((violation) => refused("rooms(imports)", violation)),
  ...inInfra.map(([rule, name, source]) => refused(rule, [name, `${infra}/cluster/${name}.ts`, source])),
  refused("rooms(placed)", ["a file in no layer", "packages/server/src/other.ts", `export const a = 1`]),
  refused("rooms(placed)", ["a new file beside the entries", `${observe}/new.ts`, `export const a = 1`]),
  refused("rooms(placed)", ["a new folder of infra", `${infra}/new/a.ts`, `export const a = 1`]),
  refused("rooms(named)", ["a file called utils", "packages/job-server/src/utils.ts", `export const a = 1`]),
  refused("rooms(named)", ["a folder called helpers", "packages/job-server/src/helpers/a.ts", `export const a = 1`]),
  refused("eslint(max-lines)", [
    "an example of 61 lines",
    "examples/long.ts",
    `export const a = 1\n${"//\n".repeat(59)}//`
  ]),
  refused("vitest(no-focused-tests)", [
    "a focused test",
    "packages/server/test/only.test.ts",
    `import { expect, it } from "vitest"\nit.only("a", () => expect(1).toBe(1))`
  ]),
  refused("vitest(no-disabled-tests)", [
    "a disabled test",
    "packages/server/test/skip.test.ts",
    `import { expect, it } from "vitest"\nit.skip("a", () => expect(1).toBe(1))`
  ]),
  refused("rooms(expects)", [
    "a test that expects nothing",
    "packages/server/test/nothing.test.ts",
    `import { it } from "@effect/vitest"\nit.effect("a", () => 1)`
  ]),
  refused("rooms(expects)", [
    "a test that has what is expected, and expects nothing",
    "packages/server/test/expected.test.ts",
    `import { it } from "@effect/vitest"\nit.effect("a", () => ({ expected: 1 }))`
  ]),
  allowed(
    "a test that leaves it to another function",
    "packages/server/test/something.test.ts",
    `import { expect, it } from "@effect/vitest"\nconst holds = () => expect(1).toBe(1)\nit.effect("a", () => holds())`
  ),
  refused("typescript(ban-ts-comment)", [
    "an expected error without a reason",
    "packages/server/test/why.test.ts",
    `// @ts-expect-error\nexport const a: string = 1`
  ]),
  allowed("catalogue imports itself", `${observe}/catalogue/ok.ts`, `import "./row.ts"`),
  allowed(
    "instrument imports catalogue",
    `${observe}/instrument/ok.ts`,
    `import "../catalogue.ts"\nimport "effect/Effect"`
  ),
  allowed("track imports instrument", `${observe}/track/ok.ts`, `import "../instrument/meter.ts"`),
  allowed("collect imports metrics and Node", `${observe}/collect/ok.ts`, `import "../metrics.ts"\nimport "node:vm"`),
  allowed(
    "otlp imports metrics, config, OpenTelemetry and Node",
    `${observe}/otlp/ok.ts`,
    `import "../metrics.ts"\nimport "../config/options.ts"\nimport "@opentelemetry/resources"\nimport "node:os"`
  ),
  allowed(
    "a part of the cluster imports metrics and the cluster itself",
    `${infra}/cluster/peers/ok.ts`,
    `import "../../../observe/metrics.ts"\nimport "@effect/cluster/Sharding"\nimport "../options.ts"`
  ),
  allowed("the entry of cluster imports its parts", `${infra}/cluster.ts`, `import "./cluster/runner/node-runner.ts"`),
  allowed(
    "runner imports sharding, shards, storage and peers",
    `${infra}/cluster/runner/ok.ts`,
    `import "../sharding/sharding.ts"\nimport "../shards/runner-storage.ts"\nimport "../storage/backlog.ts"\nimport "../peers/runners.ts"`
  ),
  allowed("sharding imports entity", `${infra}/cluster/sharding/ok.ts`, `import "../entity/lifecycle.ts"`),
  allowed("entity imports cron", `${infra}/cluster/entity/ok.ts`, `import "../cron/cron-outcome.ts"`),
  allowed("shards import storage", `${infra}/cluster/shards/ok.ts`, `import "../storage/operation-timer.ts"`),
  ...["workflow", "cluster/storage"].map((folder) =>
    allowed(
      `${folder} imports decorator`,
      `${infra}/${folder}/decorates.ts`,
      `import "${folder.includes("/") ? "../.." : ".."}/decorator/decorate-once.ts"`
    )
  ),
  allowed(
    "a test imports any part of its own package",
    "packages/server/test/ok.test.ts",
    `import "../src/observe/telemetry.ts"\nimport "../src/infra/cluster.ts"`
  ),
  allowed(
    "monitoring imports the data",
    "packages/monitoring/src/ok.ts",
    `import "@parametric-portal/server/observe/catalogue"`
  ),
  allowed(
    "job-server imports as a user",
    "packages/job-server/src/ok.ts",
    `import "@parametric-portal/server/observe/metrics"`
  ),
  allowed(
    "the demo of job-server imports its server, audit and admin",
    `${jobServer}/demo/ok.ts`,
    `import "../server/layers.ts"\nimport "../audit/audit.ts"\nimport "../admin/control-api.ts"`
  ),
  allowed(
    "an example imports as a user",
    "examples/ok.ts",
    `import "effect"\nimport "@parametric-portal/server/infra/jobs"`
  ),
  allowed(
    "a test of examples imports the dashboard",
    "examples/test/ok.test.ts",
    `import "../ok.ts"\nimport "@parametric-portal/dashboard/receiver"`
  ),
  allowed(
    "the config of examples imports that of all",
    "examples/vitest.config.ts",
    `import "../vitest.package.ts"\nexport default 1`
  ),
  allowed("dashboard imports what it likes", "packages/dashboard/src/ok.ts", `import "protobufjs"\nimport "./page.ts"`),
  allowed(
    "a config has a default export",
    "packages/dashboard/vitest.config.ts",
    `import "../../vitest.package.ts"\nexport default 1`
  ),
  allowed(
    "a test imports what tests share",
    "packages/dashboard/test/programs.test.ts",
    `import "../../../vitest.programs.ts"`
  ),
  allowed(
    "a cast with its proof",
    `${infra}/cluster/proved.ts`,
    `// oxlint-disable-next-line typescript/consistent-type-assertions -- the proof\nexport const a = (b: unknown) => b as string`
  )
]

interface Finding {
  readonly code: string
  readonly filename: string
}

const folder = mkdtempSync(path.join(tmpdir(), "portal-lint-"))
let findings: ReadonlyArray<Finding> = []

const plant = () => {
  for (const own of [".oxlintrc.json", ".ci/lint"]) {
    cpSync(path.join(root, own), path.join(folder, own), { recursive: true })
  }
  for (const name of ["server", "dashboard", "job-server", "monitoring", "receivers"]) {
    const manifest = `packages/${name}/package.json`
    cpSync(path.join(root, manifest), path.join(folder, manifest), { recursive: true })
  }
  for (const { file, source } of planted) {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true })
    writeFileSync(path.join(folder, file), `${source}\n`)
  }
}

beforeAll(async () => {
  plant()
  const oxlint = path.join(root, "node_modules/.bin/oxlint")
  const options = { cwd: folder, maxBuffer: 64 * 1024 * 1024 }
  const { stdout } = await promisify(execFile)(oxlint, ["--format=json"], options).catch(
    (failed: { readonly stdout: string }) => failed
  )
  findings = JSON.parse(stdout).diagnostics
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe("lint", () => {
  it.each(planted)("$what: refused by $refusedBy", ({ file, refusedBy }) => {
    const codes = findings.filter(({ filename }) => filename === file).map(({ code }) => code)
    expect(Array.from(new Set(codes))).toEqual(refusedBy)
  })
})
