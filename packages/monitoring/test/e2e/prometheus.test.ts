/**
 * A real Prometheus scrapes the job server, which works on files in a process of its own, and a shop that does all that
 * the library counts. It evaluates the committed rules, and is asked what each panel asks.
 */
import { describe, expect, it } from "@effect/vitest"
import { Prometheus } from "@parametric-portal/server/observe/prometheus"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Scope from "effect/Scope"
import { afterAll, beforeAll } from "vitest"
import { recordings } from "../../src/recordings.ts"
import { upstream } from "../../src/documents/upstream.ts"
import { storedNames } from "../../src/monitoring.ts"
import { repository } from "../../src/repository.ts"
import { committedQueries, filledIn, mayBeEmpty } from "../support/committed-queries.ts"
import { jobServer } from "../support/job-server.ts"
import { type Answer, collector, prometheus, type RunningPrometheus } from "../support/prometheus.ts"
import { has } from "../support/promtool.ts"
import { shop } from "../support/shop.ts"
import { type PanelAnswer, type TwoEnvironments, twoEnvironments } from "../support/two-environments.ts"

const quiet = Logger.minimumLogLevel(LogLevel.Error)

/** What a job server that is well does not move: its entities live as long as it does. */
const stillQueries = ["Cluster: Activations and deactivations: {{entity_type}} {{reason}}"]

/** And what no rule can record of it, as it has never happened, or as the job server has no layer that measures it. */
const stillRecordings = [
  "job_type:jobs_redelivered:increase15m",
  "entity_type:cluster_mailbox_rejections:increase10m",
  "storage_operation:cluster_storage_errors:increase10m",
  "service:cluster_runners_found_dead:increase1h",
  "metric:telemetry_series_overflow:increase15m",
  "site:telemetry_watch_errors:increase15m"
]

describe.runIf(has("prometheus"))("a real Prometheus", { timeout: 120_000 }, () => {
  const scope = Effect.runSync(Scope.make())
  let running: RunningPrometheus
  let apart: TwoEnvironments

  /** On a busy machine a scrape may fail, and with it a moment's data: what is not as it must be is asked for again. */
  const until = <A>(ask: Effect.Effect<A>, isRight: (answer: A) => boolean, left = 20): Effect.Effect<A> =>
    Effect.flatMap(ask, (answer) =>
      left === 0 || isRight(answer) ? Effect.succeed(answer) : Effect.delay(until(ask, isRight, left - 1), "1 second")
    )

  const data = (query: string): Effect.Effect<Answer> =>
    until(running.query(query), ({ data, status }) => status !== "success" || data.result.length > 0)

  /** Every committed query as it is of a service; the silent ones that may not be, and the ones that are wrong. */
  const askAll = (service?: string) =>
    Effect.gen(function* () {
      const queries = committedQueries()
      expect(queries.length).toBeGreaterThan(80)
      const answers = yield* Effect.forEach(
        queries,
        ({ expression, legend, panel }) => {
          const query = filledIn(expression, service)
          const name = `${panel}: ${legend}`
          const isExcused =
            mayBeEmpty.get(panel) !== undefined || (service !== undefined && stillQueries.includes(name))
          return Effect.map(isExcused ? running.query(query) : data(query), (answer) => ({ name, isExcused, answer }))
        },
        { concurrency: 8 }
      )
      expect(answers.filter(({ answer }) => answer.status !== "success")).toEqual([])
      return answers.filter(({ answer, isExcused }) => !isExcused && answer.data.result.length === 0)
    })

  beforeAll(
    () =>
      Effect.gen(function* () {
        const [context, server] = yield* Effect.all([Layer.build(shop(yield* collector)), jobServer], {
          concurrency: "unbounded"
        })
        const page = Context.get(context, Prometheus).url
        running = yield* prometheus({ shop: page, "job-server": server })
        apart = yield* twoEnvironments({ production: page, staging: server })
        yield* Effect.sleep("8 seconds")
      }).pipe(Scope.extend(scope), Effect.provide(quiet), Effect.runPromise),
    120_000
  )

  afterAll(() => Effect.runPromise(Effect.provide(Scope.close(scope, Exit.void), quiet)), 60_000)

  it.live("answers what each panel asks with data, or the panel says why it may be empty", () =>
    Effect.gen(function* () {
      expect((yield* askAll()).map(({ name }) => name)).toEqual([])
    })
  )

  it.live("answers what each panel asks of one of two environments with numbers of that one alone", () =>
    Effect.gen(function* () {
      const answered = (answers: ReadonlyArray<PanelAnswer>) => ({
        production: answers.filter(({ production }) => production > 0).length > 100,
        staging: answers.filter(({ staging }) => staging > 0).length > 40
      })
      const answers = yield* until(apart.panels, (all) => Object.values(answered(all)).every(Boolean))
      expect(answers.filter(({ problem }) => problem !== undefined)).toEqual([])
      expect(answered(answers)).toEqual({ production: true, staging: true })
    })
  )

  it.live("answers what each panel asks of one value of each variable", () =>
    Effect.gen(function* () {
      const answers = yield* until(apart.variables, (all) => all.every(({ problem }) => problem === undefined))
      expect(answers.filter(({ problem }) => problem !== undefined)).toEqual([])
      expect([...new Set(answers.map(({ variable }) => variable))].sort()).toEqual([
        "entity_type",
        "http_route",
        "instance",
        "job_type",
        "namespace",
        "service"
      ])
    })
  )

  it.live("records nothing of two environments together", () =>
    Effect.gen(function* () {
      expect(yield* apart.together).toEqual([])
    })
  )

  it.live("answers what each panel asks of servers and processes with data of the shop", () =>
    Effect.gen(function* () {
      const asked = committedQueries().filter(({ panel }) => /^(Server|Node): /.test(panel))
      expect(asked.length).toBeGreaterThan(70)
      const answers = yield* Effect.forEach(
        asked,
        ({ expression, legend, panel }) =>
          Effect.map(data(filledIn(expression, "shop")), (answer) => ({ name: `${panel}: ${legend}`, answer })),
        { concurrency: 8 }
      )
      expect(answers.filter(({ answer }) => answer.data.result.length === 0).map(({ name }) => name)).toEqual([])
    })
  )

  it.live("records each rule's numbers of servers and processes for the shop", () =>
    Effect.gen(function* () {
      const answers = yield* Effect.forEach(
        [...recordings.server, ...recordings.node],
        ({ name }) => Effect.map(data(`${name}{job="shop"}`), (answer) => ({ name, answer })),
        { concurrency: 8 }
      )
      expect(answers.filter(({ answer }) => answer.data.result.length === 0)).toEqual([])
    })
  )

  it.live("answers what each panel asks of the job server with data of its own", () =>
    Effect.gen(function* () {
      expect((yield* askAll("job-server")).map(({ name }) => name)).toEqual([])
    })
  )

  it.live("records each rule's numbers of the job server, and its jobs of all types", () =>
    Effect.gen(function* () {
      const of = (name: string) => `${name}{job="job-server"}`
      const asked = repository.recordings.filter(({ name }) => !stillRecordings.includes(name))
      const answers = yield* Effect.forEach(
        asked,
        ({ name }) => Effect.map(data(of(name)), (answer) => ({ name, answer })),
        {
          concurrency: 8
        }
      )
      expect(answers.filter(({ answer }) => answer.data.result.length === 0)).toEqual([])
      const completed = yield* until(
        running.query(`${of("job_type:jobs_completed:increase5m")} > 0`),
        ({ data }) => data.result.length === 3
      )
      expect(completed.data.result.map(({ metric }) => metric["job_type"]).sort()).toEqual([
        "compress",
        "digest",
        "parse"
      ])
    })
  )

  it.live("has no alert about the job server that somebody would have to get up for, nor one about to be", () =>
    Effect.gen(function* () {
      const critical = Effect.map(running.get<Alerts>("/api/v1/alerts"), ({ data }) =>
        data.alerts.filter(({ labels }) => labels["job"] === "job-server" && labels["severity"] === "critical")
      )
      expect(yield* until(critical, (alerts) => alerts.length === 0)).toEqual([])
    })
  )

  it.live("has every rule of ours, and can evaluate each", () =>
    Effect.gen(function* () {
      const { data } = yield* running.get<Rules>("/api/v1/rules")
      const rules = data.groups.flatMap((group) => group.rules)
      expect(rules.map(({ name }) => name).sort()).toEqual(
        [...repository.alerts, ...repository.recordings].map(({ name }) => name).sort()
      )
      expect(rules.filter(({ health }) => health !== "ok")).toEqual([])
    })
  )

  it.live("stores nothing under a name that the reference does not have", () =>
    Effect.gen(function* () {
      const { data } = yield* running.get<{ data: ReadonlyArray<string> }>("/api/v1/label/__name__/values")
      const documented = new Set([
        ...repository.rows.flatMap(({ row }) => storedNames(row)),
        ...repository.recordings.map(({ name }) => name),
        ...upstream.flatMap(({ isHistogram, name }) =>
          isHistogram === true ? [`${name}_bucket`, `${name}_count`, `${name}_sum`] : [name]
        )
      ])
      // What it counts beside the library, for its audit.
      const ofTheJobServer = /^job_server_(http_requests|statements)_total$/
      const ofPrometheus = /^(up|scrape_\w+|ALERTS|ALERTS_FOR_STATE|target_info)$/
      expect(data.length).toBeGreaterThan(100)
      const isOther = (name: string) => ofPrometheus.test(name) || ofTheJobServer.test(name)
      expect(data.filter((name) => !documented.has(name) && !isOther(name))).toEqual([])
    })
  )
})

interface Rules {
  readonly data: {
    readonly groups: ReadonlyArray<{
      readonly rules: ReadonlyArray<{ readonly name: string; readonly health: string }>
    }>
  }
}

interface Alerts {
  readonly data: { readonly alerts: ReadonlyArray<{ readonly labels: Readonly<Record<string, string>> }> }
}
