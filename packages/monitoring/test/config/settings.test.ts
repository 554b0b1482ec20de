import fc from "fast-check"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { describe, expect, it } from "vitest"
import { checked } from "../../src/config/settings.ts"
import { filesOf } from "../../src/forms.ts"
import { monitoringOf } from "../../src/monitoring.ts"
import { defaults } from "../../src/settings.ts"
import { has, promtool } from "../support/promtool.ts"

const problemsOf = (config: unknown): ReadonlyArray<string> => {
  const result = checked(config)
  return "problems" in result ? result.problems : []
}

const settingsOf = (config: unknown) => {
  const result = checked(config)
  return "problems" in result ? result.problems : result.settings
}

const orders = { name: "shop_orders_total", kind: "counter", unit: "{order}", labels: ["country"], help: "Orders." }

describe("a configuration", () => {
  it("that is empty has the defaults, also where options are undefined", () => {
    expect(settingsOf({})).toEqual(defaults)
    const keys = ["to", "forms", "runbooks", "jobTypes", "groupBy", "alerts", "metrics", "grafana", "kubernetes"]
    expect(settingsOf(Object.fromEntries(keys.map((key) => [key, undefined])))).toEqual(defaults)
  })

  it("fills in what a job type, a route and other parts leave out", () => {
    expect(
      settingsOf({
        jobTypes: { mail: { objective: 0.999 } },
        otherJobTypes: { oldestAge: 60 },
        routes: { "/orders/:id": { latency: 2 } },
        severities: { critical: "page" },
        grafana: { folder: "Shop" },
        kubernetes: { labels: { release: "kube" }, scrape: { labels: { app: "shop" } } },
        metrics: { shop: { orders } },
        alerts: { HeapNearLimit: false }
      })
    ).toEqual({
      ...defaults,
      jobTypes: { mail: { objective: 0.999, oldestAge: 60, longestRun: 3600 } },
      otherJobTypes: { objective: 0.99, oldestAge: 60, longestRun: 3600 },
      routes: { "/orders/:id": { objective: 0.999, latency: 2 } },
      severities: { critical: "page", warning: "warning" },
      grafana: { ...defaults.grafana, folder: "Shop" },
      kubernetes: {
        ...defaults.kubernetes,
        labels: { release: "kube" },
        scrape: { ...defaults.kubernetes.scrape, labels: { app: "shop" } }
      },
      metrics: { shop: { orders } },
      alerts: { HeapNearLimit: false }
    })
  })

  it("has all its problems told at once, each with its place and what is expected", () => {
    expect(
      problemsOf({
        jobTypes: { mail: { objective: 99, oldAge: 3 } },
        routes: { "/orders/:id": { latency: "1s" } },
        runbooks: "https://wiki.example.org/runbooks",
        rollout: "5 minutes",
        groupBy: ["namespace", "job", "namespace"],
        selector: { __name__: "up" },
        naming: "thanos",
        alerts: { HeapNearLimit: true },
        kubernetes: { scrape: { label: {} } },
        form: {}
      })
    ).toEqual([
      "jobTypes.mail.objective is 99, expected a share above 0 and below 1, such as 0.99",
      "jobTypes.mail.oldAge is not an option: did you mean oldestAge?",
      'routes["/orders/:id"].latency is "1s", expected a number of seconds above 0',
      'runbooks is "https://wiki.example.org/runbooks", expected an http or https URL that ends with / or =, such as "https://wiki.example.org/runbooks/"',
      'selector.__name__: the key is "__name__", expected the name of a label: letters, digits, _ and dots, not __ at the start',
      'naming is "thanos", expected one of prometheus, victoriametrics',
      "kubernetes.scrape.label is not an option: did you mean labels?",
      "form is not an option: did you mean forms?",
      expect.stringMatching(/^rollout is "5 minutes", expected /),
      expect.stringMatching(/^alerts\.HeapNearLimit is true, expected /),
      'groupBy[1] is "job", expected a label of an environment, such as "namespace"',
      'groupBy[2] is "namespace", expected each label once'
    ])
  })

  it.each([
    [null, "the configuration is null, expected an object"],
    [[], "the configuration is [], expected an object"],
    [{ jobTypes: [] }, "jobTypes is [], expected an object"],
    [{ groupBy: "namespace" }, 'groupBy is "namespace", expected a list'],
    [
      { jobTypes: { $mail: {} } },
      'jobTypes.$mail: the key is "$mail", expected a name that is not empty and does not begin with $'
    ],
    [{ groupBy: ["job"] }, 'groupBy[0] is "job", expected a label of an environment, such as "namespace"'],
    [{ groupBy: ["a", "a"] }, 'groupBy[1] is "a", expected each label once'],
    [
      { otherJobTypes: { oldestAge: Number.NaN } },
      "otherJobTypes.oldestAge is NaN, expected a number of seconds above 0"
    ],
    [{ rules: { alerts: [{ name: "A" }] } }, 'rules.alerts[0] is {"name":"A"}, expected an alert made with alert'],
    [{ grafana: { x: 1 } }, "grafana.x is not an option: there are uidPrefix, folder, tags, datasource"]
  ])("such as %j is refused", (config, problem) => {
    expect(problemsOf(config)).toEqual([problem])
  })

  it.each([
    [
      { name: "shop_orders" },
      'metrics.shop.orders.name is "shop_orders", expected a counter\'s name that ends in _total'
    ],
    [
      { unit: "1" },
      'metrics.shop.orders.unit is "1", expected a UCUM unit: s, By, Cel, %, or an annotation such as {job} for a count, never 1'
    ],
    [{ labels: ["country", "country"] }, 'metrics.shop.orders.labels[1] is "country", expected each label once'],
    [{ closed: { payment: ["card"] } }, "metrics.shop.orders.closed.payment is not a label of it: country"],
    [{ boundaries: [1, 2] }, "metrics.shop.orders.boundaries is set, expected boundaries of a histogram only"],
    [
      { kind: "summary" },
      'metrics.shop.orders.kind is "summary", expected one of counter, gauge, upDownCounter, histogram'
    ],
    [
      { name: "jobs_enqueued_total", unit: "{job}" },
      'metrics.shop.orders.name is "jobs_enqueued_total", which is a name of the library: rename it'
    ]
  ])("with a metric that is %j is refused", (change, problem) => {
    expect(problemsOf({ metrics: { shop: { orders: { ...orders, ...change } } } })).toContain(problem)
  })

  it("with a namespace of the library, or two metrics of one name, is refused", () => {
    expect(problemsOf({ metrics: { jobs: { orders }, shop: { orders } } })).toEqual([
      "metrics.jobs is a namespace or a dashboard of the library, expected another name, such as your application's",
      'metrics.shop.orders.name is "shop_orders_total", which is a name of metrics.jobs.orders: rename it'
    ])
  })
})

/** Job types and routes. */
const name = fc.string({ minLength: 1 }).filter((one) => !one.startsWith("$"))

/** Values of each option, most of them right. */
const options = fc.record(
  {
    to: fc.constant("ops"),
    runbooks: fc.webUrl().map((url) => `${new URL(url).origin}/`),
    rollout: fc.constantFrom("1m", "5m"),
    jobTypes: fc.dictionary(name, fc.record({ objective: fc.constantFrom(0.5, 0.99, 1e-9) }, { requiredKeys: [] })),
    routes: fc.dictionary(name, fc.record({ latency: fc.double({ min: 0.001, max: 1e6, noNaN: true }) })),
    groupBy: fc.subarray(["namespace", "cluster", "region"]),
    selector: fc.dictionary(
      fc.constantFrom("team", "cluster"),
      fc.string().filter((one) => !/\$|\[\[/.test(one))
    ),
    labels: fc.dictionary(fc.constantFrom("tier", "owner"), fc.stringMatching(/^[a-z ]{1,9}$/)),
    annotations: fc.dictionary(fc.constantFrom("note", "dashboard"), fc.stringMatching(/^[a-z ]{1,9}$/)),
    severities: fc.record({ critical: fc.stringMatching(/^[a-z]{1,9}$/) }),
    nativeHistograms: fc.oneof(
      fc.constant<true>(true),
      fc.subarray(["jobs_processing_seconds", "http_server_request_duration_seconds", "v8js_gc_duration_seconds"])
    ),
    traces: fc.constantFrom({ datasource: "tempo" }, { url: "https://jaeger.example.com/trace/{traceId}" })
  },
  { requiredKeys: [] }
)

/** What promtool says of the rules among files; nothing bad where it is not installed. */
const promtoolOf = async (made: ReadonlyMap<string, string>) => {
  const folder = mkdtempSync(path.join(tmpdir(), "monitoring-"))
  const rules = [...made].filter(([name]) => name.startsWith("rules/"))
  const files = rules.map(([name, content]) => {
    const file = path.join(folder, path.basename(name))
    writeFileSync(file, content)
    return file
  })
  const answer = isThere ? await promtool("check", "rules", ...files) : { code: 0 }
  rmSync(folder, { recursive: true })
  return answer
}

const isThere = has("promtool")

describe("whatever the configuration is", () => {
  it("it is right, or told what is wrong", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.anything(),
          fc.record({ jobTypes: fc.anything(), metrics: fc.anything() }),
          fc.record({ nativeHistograms: fc.anything(), traces: fc.anything(), rules: fc.anything() }),
          fc.record({ traces: fc.record({ url: fc.oneof(fc.string(), fc.webUrl()) }) })
        ),
        (config) => {
          expect(checked(config)).toBeTypeOf("object")
        }
      )
    )
  })

  it("its files are made when it is right, and promtool accepts their rules", async () => {
    await fc.assert(
      fc.asyncProperty(options, async (config) => {
        expect(problemsOf(config)).toEqual([])
        const result = checked(config)
        const settings = "settings" in result ? result.settings : defaults
        expect(await promtoolOf(filesOf("prometheus", monitoringOf(settings)))).toMatchObject({ code: 0 })
      }),
      { numRuns: 25 }
    )
  })
})
