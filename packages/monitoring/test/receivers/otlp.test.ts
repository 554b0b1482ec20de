/**
 * A shop that does all that the library counts sends OTLP to Prometheus 3, to VictoriaMetrics, and to a collector whose
 * page a second Prometheus scrapes. Each is set up as the guide on monitoring says, and is asked what each panel asks.
 */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Scope from "effect/Scope"
import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { afterAll, beforeAll } from "vitest"
import { collector } from "@parametric-portal/receivers/collector"
import { prometheus } from "@parametric-portal/receivers/prometheus"
import { victoriaMetrics } from "@parametric-portal/receivers/victoria-metrics"
import { areas } from "../../src/alerts.ts"
import { versionThree } from "../../src/files/prometheus.ts"
import { metricsIn } from "../../src/promql/parse.ts"
import { repository } from "../../src/repository.ts"
import { type Asked, silent } from "../support/asked.ts"
import { committedQueries, filledIn } from "../support/committed-queries.ts"
import { promtool, root, ruleFiles } from "../support/promtool.ts"
import { shop } from "../support/shop.ts"

const global = { scrape_interval: "2s", evaluation_interval: "1s" }

const quiet = Logger.minimumLogLevel(LogLevel.Error)

describe("rules and panels on what arrived as OTLP", { timeout: 120_000 }, () => {
  const scope = Effect.runSync(Scope.make())
  let direct: Asked
  let scraping: Asked
  let victoria: Asked

  beforeAll(
    () =>
      Effect.gen(function* () {
        const between = yield* collector()
        const [one, other, third] = yield* Effect.all([
          prometheus({ configuration: { global, rule_files: ruleFiles, ...versionThree } }),
          prometheus({
            configuration: {
              global,
              rule_files: ruleFiles,
              scrape_configs: [
                { job_name: "collector", honor_labels: true, static_configs: [{ targets: [between.page.host] }] }
              ]
            }
          }),
          victoriaMetrics
        ])
        direct = one
        scraping = other
        victoria = third
        const more = [one, third].map(({ url }) => ({ type: "otlp", url, protocol: "http/protobuf" }) as const)
        yield* Layer.build(shop(between.url, more))
        yield* Effect.sleep("10 seconds")
      }).pipe(Scope.extend(scope), Effect.provide(quiet), Effect.runPromise),
    120_000
  )

  afterAll(() => Effect.runPromise(Effect.provide(Scope.close(scope, Exit.void), quiet)), 60_000)

  it.live("Prometheus 3, sent to, answers what each panel asks", () =>
    Effect.gen(function* () {
      expect(committedQueries().length).toBeGreaterThan(80)
      expect(yield* silent(direct, committedQueries())).toEqual([])
    })
  )

  it.live("Prometheus 3, scraping a collector, answers what each panel asks", () =>
    Effect.gen(function* () {
      expect(yield* silent(scraping, committedQueries())).toEqual([])
    })
  )

  it.live("VictoriaMetrics answers what each panel asks of it, rules left out", () =>
    Effect.gen(function* () {
      // Recording rules are evaluated by vmalert, which is another program.
      const queries = committedQueries().filter(
        ({ expression }) => !/\w:\w/.test(metricsIn(filledIn(expression)).join())
      )
      expect(queries.length).toBeGreaterThan(40)
      expect(yield* silent(victoria, queries)).toEqual([])
    })
  )

  it.live("VictoriaMetrics can evaluate every rule, and those of jobs have data of the service", () =>
    Effect.gen(function* () {
      const answers = yield* Effect.forEach([...repository.recordings, ...repository.alerts], ({ expression, name }) =>
        Effect.promise(() => victoria.query(String(expression))).pipe(Effect.map((found) => ({ name, found })))
      )
      expect(answers.length).toBeGreaterThan(50)
      const completed = answers.find(({ name }) => name === "job_type:jobs_completed:increase5m")?.found ?? []
      expect(completed.filter(({ labels, value }) => labels["job"] === "shop" && value > 0).length).toBeGreaterThan(0)
    })
  )
})

describe("what the guide on monitoring sets", () => {
  const guide = readFileSync(path.join(root, "docs/guides/monitoring.md"), "utf8")

  /** The block of YAML in the guide that begins so, in a file. */
  const block = (begin: string): string => {
    const found = guide.split("```yaml\n").find((text) => text.startsWith(begin)) ?? ""
    const file = path.join(mkdtempSync(path.join(tmpdir(), "monitoring-")), "block.yaml")
    writeFileSync(file, found.slice(0, found.indexOf("```")))
    return file
  }

  const run = (program: string, ...args: ReadonlyArray<string>) => {
    const { status, stderr, stdout } = spawnSync(program, args, { encoding: "utf8" })
    return { status, output: `${stdout}${stderr}` }
  }

  it("is accepted by Prometheus 3: prometheus-otlp.yaml as it is, and what scrapes a collector", async () => {
    const file = path.join(root, "packages/monitoring/generated/prometheus/prometheus-otlp.yaml")
    const { code, output } = await promtool("check", "config", file)
    expect({ code, found: /(\d+) rule files found/.exec(output)?.[1] }).toEqual({
      code: 0,
      found: String(areas.length)
    })
    expect(await promtool("check", "config", block("scrape_configs:"))).toMatchObject({ code: 0 })
  })

  it("is accepted by the collector", () => {
    expect(run("collector", "validate", `--config=file:${block("receivers:")}`)).toEqual({ status: 0, output: "" })
  })

  it("is accepted by VictoriaMetrics", () => {
    const file = block("# relabel.yaml")
    expect(run("victoria-metrics", "-dryRun", `-relabelConfig=${file}`).status).toBe(0)
    expect(readFileSync(file, "utf8")).toContain("service_instance_id")
  })
})
