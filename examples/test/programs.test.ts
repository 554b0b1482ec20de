/** Each program runs as its head says, in a process of its own, and prints what is expected of it. */
import * as Command from "@effect/platform/Command"
import { NodeContext } from "@effect/platform-node"
import { describe, expect, it } from "@effect/vitest"
import { Receiver } from "@parametric-portal/dashboard/receiver"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { readdirSync, readFileSync } from "node:fs"
import { rm } from "node:fs/promises"
import path from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll } from "vitest"
import { compilePrograms } from "../../vitest.programs.ts"

const folder = fileURLToPath(new URL("..", import.meta.url))
const read = (file: string): string => readFileSync(path.join(folder, file), "utf8")

const programs = readdirSync(folder)
  .filter((file) => file.endsWith(".ts") && !file.endsWith(".config.ts"))
  .toSorted()

/** What a program says of itself, and the command that runs it. */
const headOf = (file: string) => {
  const [shows = "", command = ""] = read(file).split("\n")
  const [, variables = "", runner = "", argument = ""] =
    /^\/\/ Run: ((?:\w+=\S+ )*)npx (tsx|vitest run) (\S+)$/.exec(command) ?? []
  return {
    shows: shows.replace(/^\/\/ /, ""),
    command: `${runner} ${argument}`,
    variables: Object.fromEntries(Array.from(variables.matchAll(/(\w+)=(\S+)/g), ([, name, value]) => [name, value]))
  }
}

type Variables = Readonly<Record<string, string>>

/**
 * These are run from their sources, as users do; the others are compiled, and so start in a quarter of the time. The page
 * of jobs is of a package that is loaded from where it lies.
 */
const fromSource = ["tracked-function.ts", "jobs-page.ts"]

let compiled = ""

beforeAll(async () => {
  const others = programs.filter((file) => !fromSource.includes(file) && !file.endsWith(".test.ts"))
  compiled = await compilePrograms(
    folder,
    Object.fromEntries(others.map((file) => [path.basename(file, ".ts"), path.join(folder, file)]))
  )
})

afterAll(() => rm(compiled, { recursive: true, force: true }))

const argumentsOf = (file: string): ReadonlyArray<string> =>
  fromSource.includes(file) ? ["--import", "tsx", file] : [path.join(compiled, file.replace(/\.ts$/, ".js"))]

const start = (file: string, changed: Variables = {}) =>
  Command.make(process.execPath, ...argumentsOf(file)).pipe(
    Command.workingDirectory(folder),
    Command.env({ ...headOf(file).variables, ...changed }),
    Command.stderr("inherit"),
    Command.start
  )

// Two at a time: a start is work for the processor, and other tests run beside these.
const twoAtATime = Effect.unsafeMakeSemaphore(2).withPermits(1)

/** The lines that a program prints until it ends; what it logs is left out, unless it is a warning or worse. */
const linesOf = (file: string, changed?: Variables) =>
  Effect.gen(function* () {
    const running = yield* start(file, changed)
    const lines = yield* running.stdout.pipe(Stream.decodeText(), Stream.splitLines, Stream.runCollect)
    expect(yield* running.exitCode).toBe(0)
    return Array.from(lines).filter((line) => !/^\[[\d:.]+\] INFO /.test(line))
  }).pipe(Effect.scoped, twoAtATime)

interface Exported {
  readonly name: string
  readonly series: ReadonlyArray<{
    readonly attributes: Variables
    readonly value: number | { readonly count: number }
  }>
}

/** The series of an exported metric by their text; of a histogram its count, for no time is the same twice. */
const seriesOf = ({ name, series }: Exported): ReadonlyArray<readonly [string, number]> =>
  series.map(({ attributes, value }) => {
    const labels = Object.entries(attributes).map(([label, text]) => `${label}=${text}`)
    return [[name, ...labels].join(" "), typeof value === "number" ? value : value.count]
  })

interface Result {
  readonly printed: ReadonlyArray<string>
  readonly series: Readonly<Record<string, number>>
}

/** What a program prints itself, and all series of some metrics in what it exports. */
const resultOf = (file: string, metrics: ReadonlySet<string>) =>
  Effect.map(linesOf(file), (lines) => {
    const isExport = (line: string): boolean => line.startsWith(`{"name":`)
    const exported: ReadonlyArray<Exported> = lines.filter(isExport).map((line) => JSON.parse(line))
    return {
      printed: lines.filter((line) => !isExport(line)),
      series: Object.fromEntries(exported.filter(({ name }) => metrics.has(name)).flatMap(seriesOf))
    }
  })

/** What the programs print that export to the console. */
const results: Readonly<Record<string, Result>> = {
  "tracked-function.ts": {
    printed: [],
    series: {
      "jobs_completed_total job_type=resize operation=process priority=high": 2,
      "jobs_failed_total job_type=resize reason=NotAnImage": 1,
      "jobs_cancelled_total job_type=resize operation=process priority=high": 1,
      "jobs_processing_seconds job_type=resize operation=process priority=high": 2,
      "jobs_processing_seconds job_type=resize operation=process outcome=failure priority=high": 1,
      "jobs_processing_seconds job_type=resize operation=process outcome=interrupted priority=high": 1,
      "jobs_in_flight job_type=resize operation=process priority=high": 0
    }
  },
  "own-metrics.ts": {
    printed: [],
    series: {
      "shop_orders_total country=no payment=card": 2,
      "shop_orders_total country=no payment=invoice": 1,
      "shop_orders_total country=pt payment=card": 1,
      "shop_carts country=no": 0,
      "shop_carts country=pt": 0,
      "shop_checkout_seconds country=no": 3,
      "shop_checkout_seconds country=pt": 1
    }
  },
  "cluster.ts": {
    printed: ["visits: 3"],
    series: {
      "cluster_messages_sent_total entity_type=Counter message=Increment operation=send": 2,
      "cluster_messages_received_total entity_type=Counter message=Increment operation=receive": 2,
      "cluster_message_processing_seconds entity_type=Counter message=Increment": 2,
      "cluster_entity_activations_total entity_type=Counter": 1,
      "cluster_entities_active entity_type=Counter": 0
    }
  },
  "durable-jobs.ts": {
    printed: ["Hello Ada, at attempt 1", "Hello Grace, at attempt 2"],
    series: {
      "jobs_enqueued_total job_type=greet operation=submit priority=high": 2,
      "jobs_completed_total job_type=greet operation=process priority=high": 2,
      "jobs_failed_total job_type=greet reason=Busy": 1,
      "jobs_retried_total job_type=greet operation=process priority=high": 1,
      "jobs_duration_seconds job_type=greet operation=process priority=high": 2
    }
  },
  "workflow.ts": {
    printed: ["shipped A1"],
    series: {
      "workflow_executions_total workflow=Order": 1,
      "workflow_executions_total outcome=failure workflow=Order": 1,
      "workflow_executions_total outcome=defect workflow=Order": 0,
      "workflow_executions_total outcome=interrupted workflow=Order": 0,
      "workflow_executions_total outcome=suspended workflow=Order": 0,
      "workflow_activity_seconds activity=charge workflow=Order": 1,
      "workflow_activity_seconds activity=charge outcome=failure workflow=Order": 1,
      "workflow_activity_seconds activity=ship workflow=Order": 1
    }
  }
}

const runElsewhere = [
  "http-api.ts",
  "prometheus-page.ts",
  "prom-client-page.ts",
  "jobs-page.ts",
  "short-lived.ts",
  "testing-metrics.test.ts",
  "testing-snapshots.test.ts",
  "testing-wiring.test.ts",
  // By `packages/server/test/guides`, which counts how often each series of them arrives.
  "effect-metrics.ts",
  "effect-opentelemetry.ts",
  "hand-written-metrics.ts",
  "meter-provider.ts",
  "migrated-metrics.ts"
]

describe("every program", () => {
  it("is run by a test", () => {
    expect([...Object.keys(results), ...runElsewhere].toSorted()).toEqual(programs)
  })

  it("stands in the README, in the words of its head", () => {
    const rows = read("README.md").matchAll(/^\| \[(\S+)\]\(\S+\) \| (.*?) \|/gm)
    expect(Object.fromEntries(Array.from(rows, ([, file, shows]) => [file, shows]))).toEqual(
      Object.fromEntries(programs.map((file) => [file, headOf(file).shows]))
    )
  })

  it.each(programs)("says how to run it: %s", (file) => {
    expect(headOf(file).command).toBe(file.endsWith(".test.ts") ? `vitest run ${file}` : `tsx ${file}`)
  })

  it.each(programs)("is one file, that imports packages only: %s", (file) => {
    const imported = Array.from(read(file).matchAll(/ from "([^"]+)"/g), ([, from = ""]) => from)
    expect(imported.filter((from) => from.startsWith("."))).toEqual([])
  })
})

describe.concurrent("run as its head says", () => {
  it.live.each(Object.entries(results))("%s prints what it did and what it counted", ([file, expected]) =>
    Effect.gen(function* () {
      const metrics = new Set(Object.keys(expected.series).map((text) => text.replace(/ .*/, "")))
      expect(yield* resultOf(file, metrics)).toEqual(expected)
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.live("short-lived.ts sends its metrics to a collector, and says so", () =>
    Effect.gen(function* () {
      const receiver = yield* Receiver
      const endpoint = receiver.url.replace("/v1/metrics", "")
      const lines = yield* linesOf("short-lived.ts", { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint })
      const arrived = yield* receiver.find("jobs_completed_total", { job_type: "backup", operation: "process" })
      expect(lines).toEqual([`${receiver.url}: 1 requests, 0 points rejected, 0 failures`])
      expect(arrived.map(({ total }) => total)).toEqual([1])
    }).pipe(Effect.provide([NodeContext.layer, Receiver.layer()]))
  )

  it.live("prometheus-page.ts shows its visits until it is stopped", () =>
    Effect.gen(function* () {
      const { answers, page } = yield* served("prometheus-page.ts")
      expect(answers).toEqual(["hello\n", "hello\n"])
      expect(linesAbout(page, "site_visits_total")).toEqual([
        "# HELP site_visits_total Visits of a page.",
        "# TYPE site_visits_total counter",
        'site_visits_total{route="/"} 2'
      ])
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.live("http-api.ts exports what each part did as it is stopped", () =>
    Effect.gen(function* () {
      const { get, printed, stop, url } = yield* begun("http-api.ts")
      const { port } = new URL(url)
      const found = [yield* get(`/ports/${port}`), yield* get("/ports/1")]
      expect(found.map(({ status }) => status)).toEqual([200, 500])
      expect(JSON.parse(found[0]?.text ?? "")).toMatchObject([{ status: 404 }])
      yield* stop
      const exported: ReadonlyArray<Exported> = (yield* printed)
        .filter((line) => line.startsWith(`{"name":`))
        .map((line) => JSON.parse(line))
      const served = "http_server_request_duration_seconds http_request_method=GET"
      const sent = "http_client_request_duration_seconds error_type"
      const parts = /^(http_server_request_duration|http_client_request_duration|db_client_operation_duration)_seconds$/
      expect(Object.fromEntries(exported.filter(({ name }) => parts.test(name)).flatMap(seriesOf))).toEqual({
        [`${served} http_response_status_code=200 http_route=/ports/:port url_scheme=http`]: 1,
        [`${served} http_response_status_code=404 url_scheme=http`]: 1,
        [`${served.replace(" ", " error_type=RequestError ")} http_response_status_code=500 http_route=/ports/:port url_scheme=http`]: 1,
        [`${sent}=404 http_request_method=GET http_response_status_code=404 server_address=localhost server_port=${port}`]: 1,
        [`${sent}=ECONNREFUSED http_request_method=GET server_address=localhost server_port=1`]: 1,
        "db_client_operation_duration_seconds db_operation_name=SELECT db_system_name=sqlite": 1
      })
      const ofProcess = ["nodejs_eventloop_time_seconds_total", "process_cpu_time_seconds_total"]
      const names = exported.map(({ name }) => name)
      expect(ofProcess.filter((name) => !names.includes(name))).toEqual([])
    }).pipe(Effect.scoped, twoAtATime, Effect.provide(NodeContext.layer))
  )

  it.live("jobs-page.ts shows its jobs to who has the password, and lets them pause a type", () =>
    Effect.gen(function* () {
      const built = Command.make("npx", "nx", "run", "dashboard:page").pipe(Command.workingDirectory(`${folder}/..`))
      expect(yield* Command.exitCode(built)).toBe(0)
      const { get, stop } = yield* begun("jobs-page.ts")
      const headers = { authorization: `Basic ${btoa("admin:secret")}` }
      const none = yield* get("/admin/")
      expect([none.status, none.headers.get("www-authenticate")]).toEqual([401, 'Basic realm="jobs"'])
      const wrong = yield* get("/admin/", { headers: { authorization: `Basic ${btoa("admin:secrets")}` } })
      expect(wrong.status).toBe(401)
      const page = yield* get("/admin", { headers })
      expect([page.status, page.url.replace(/.*(?=\/admin)/, ""), page.text]).toEqual([
        200,
        "/admin/",
        expect.stringContaining("<!doctype html>")
      ])
      yield* get("/mail", { method: "POST" })
      const change = { method: "POST", headers: { ...headers, "sec-fetch-site": "same-origin" } }
      const paused = yield* get("/admin/jobs/type/mail/pause", change)
      expect(JSON.parse(paused.text)).toMatchObject({ types: [{ jobType: "mail", isPaused: true }] })
      yield* stop
    }).pipe(Effect.scoped, twoAtATime, Effect.provide(NodeContext.layer))
  )

  it.live("prom-client-page.ts shows its metrics and those of prom-client, each once and in one format", () =>
    Effect.gen(function* () {
      const { answers, page, type } = yield* served("prom-client-page.ts")
      expect([answers, type]).toEqual([["sent\n", "sent\n"], "text/plain; version=0.0.4; charset=utf-8"])
      expect(linesAbout(page, "site_requests_total")).toEqual([
        "# HELP site_requests_total Requests.",
        "# TYPE site_requests_total counter",
        'site_requests_total{route="/"} 2'
      ])
      expect(linesAbout(page, "jobs_completed_total").at(-1)).toBe(
        'jobs_completed_total{job_type="mail",operation="process"} 2'
      )
      expect(linesAbout(page, "process_cpu_seconds_total")).toHaveLength(3)
      const types = Array.from(page.matchAll(/^# TYPE (\S+) /gm), ([, name]) => name)
      expect(types.length).toBeGreaterThan(30)
      expect(types.filter((name, index) => types.indexOf(name) !== index)).toEqual([])
    }).pipe(Effect.provide(NodeContext.layer))
  )
})

/** A site that is up, and how to ask and to stop it. */
const begun = (file: string) =>
  Effect.gen(function* () {
    const running = yield* start(file, { PORT: "0" })
    const address = yield* Deferred.make<string>()
    const lines: Array<string> = []
    const reading = yield* running.stdout.pipe(
      Stream.decodeText(),
      Stream.splitLines,
      Stream.tap((line) => Effect.sync(() => lines.push(line))),
      Stream.filter((line) => line.includes("Listening on ")),
      Stream.runForEach((line) => Deferred.succeed(address, line.replace(/^.* Listening on /, ""))),
      Effect.fork
    )
    const url = yield* Deferred.await(address)
    const get = (path: string, options?: RequestInit) =>
      Effect.promise(async () => {
        const answer = await fetch(`${url}${path}`, options)
        return { status: answer.status, url: answer.url, headers: answer.headers, text: await answer.text() }
      })
    const stop = Effect.gen(function* () {
      yield* running.kill("SIGTERM")
      expect(yield* running.exitCode).toBe(0)
    })
    /** All lines, once it has ended. */
    const printed = Effect.as(Fiber.join(reading), lines)
    return { get, printed, stop, url }
  })

/** What a site answers to two visits, and its page of metrics then, before it is stopped. */
const served = (file: string) =>
  Effect.gen(function* () {
    const { get, stop } = yield* begun(file)
    const answers = [yield* get("/"), yield* get("/")].map(({ text }) => text)
    const { headers, text: page } = yield* get("/metrics")
    yield* stop
    return { answers, page, type: headers.get("content-type") }
  }).pipe(Effect.scoped, twoAtATime)

const linesAbout = (page: string, name: string): ReadonlyArray<string> =>
  page.split("\n").filter((line) => new RegExp(`^(# \\w+ )?${name}\\b`).test(line))
