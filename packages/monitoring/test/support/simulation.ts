/**
 * Processes of the real library under a test's clock: each has a `MetricsService` of its own, and each simulated minute
 * its Prometheus page is read as Prometheus would. What was read becomes the input of promtool.
 */
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import { type DefineOptions, MetricsService } from "@parametric-portal/server/observe/metrics"
import { Prometheus } from "@parametric-portal/server/observe/prometheus"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { type Yaml, yaml } from "../../src/files/yaml.ts"
import { ruleFiles, testRules } from "./promtool.ts"
import type { Input } from "./series.ts"

/** One process of the service `shop`. */
export interface Process {
  readonly instance: string
  readonly metrics: MetricsService
  /** Runs something in it. */
  readonly run: <A, E, R>(
    effect: Effect.Effect<A, E, R | MetricsService>
  ) => Effect.Effect<A, E, Exclude<R, MetricsService>>
  /** It ends without a word: nothing is read from it any more. */
  kill(): void
  isAlive(): boolean
  readonly page: Effect.Effect<string>
}

/** Starts a process. */
export const start = (instance: string, options: DefineOptions = {}): Effect.Effect<Process, never, Scope.Scope> =>
  Effect.gen(function* () {
    const context = yield* Layer.build(Layer.orDie(MetricsService.layer({ ...options, registry: "own" })))
    const app = yield* Effect.provide(Prometheus.httpApp({ registries: "own" }), context)
    let alive = true
    return {
      instance,
      metrics: Context.get(context, MetricsService),
      run: (effect) => Effect.provide(effect, context),
      kill: () => {
        alive = false
      },
      isAlive: () => alive,
      page: app.pipe(
        Effect.provideService(
          HttpServerRequest.HttpServerRequest,
          HttpServerRequest.fromWeb(new Request("http://shop/metrics"))
        ),
        Effect.flatMap(({ body }) =>
          body._tag === "Stream" ? Stream.mkString(Stream.decodeText(body.stream)) : Effect.dieMessage("no page")
        ),
        Effect.orDie
      )
    }
  })

/** What was read of all processes, minute by minute. */
export class Recorder {
  private readonly series = new Map<string, Array<string>>()
  private minute = 0

  /** Lets a minute pass, then reads every process that is alive. */
  readonly pass = (processes: ReadonlyArray<Process>): Effect.Effect<void> =>
    Effect.gen(this, function* () {
      yield* TestClock.adjust("1 minute")
      for (const process of processes.filter((one) => one.isAlive())) {
        for (const [name, value] of samples(yield* process.page, process.instance)) {
          const values = this.series.get(name) ?? Array.from({ length: this.minute }, () => "_")
          this.series.set(name, [...values, value])
        }
      }
      this.minute += 1
      // What is not there any more ends at once: Prometheus marks it when a scrape fails or leaves it out.
      for (const values of this.series.values()) {
        if (values.length < this.minute) {
          values.push(values.at(-1) === "stale" || values.at(-1) === "_" ? "_" : "stale")
        }
      }
    })

  get inputs(): ReadonlyArray<Input> {
    return [...this.series].map(([series, values]) => ({ series, values: values.join(" ") }))
  }

  get minutes(): number {
    return this.minute
  }
}

/** Samples of a page in Prometheus' text format, as series of one process. */
const samples = (page: string, instance: string): ReadonlyArray<readonly [string, string]> =>
  page.split("\n").flatMap((line) => {
    const [, name = "", labels = "", value = ""] = /^([a-z_]\w*)(?:\{(.*)\})? (\S+)/.exec(line) ?? []
    const all = [`job="shop"`, `instance="${instance}"`, ...(labels === "" ? [] : [labels])].join(",")
    return name === "" ? [] : [[`${name}{${all}}`, value] as const]
  })

/** Which alerts fire, all of them by name: none at any minute up to one, later those given at some minutes. */
export interface Timeline {
  readonly until: number
  readonly later: Readonly<Record<number, ReadonlyArray<string>>>
}

/** "as expected", or what promtool found otherwise, when all rules are evaluated on what was read. */
export const verdict = (recorder: Recorder, timeline: Timeline): Effect.Effect<string> => {
  const fired = 'ALERTS{alertstate="firing"}'
  const tests: Yaml = [
    { expr: `count_over_time(${fired}[${timeline.until}m])`, eval_time: `${timeline.until}m`, exp_samples: [] },
    ...Object.entries(timeline.later).map(([minute, names]) => ({
      expr: `group by (alertname) (${fired})`,
      eval_time: `${minute}m`,
      exp_samples: names.map((name) => ({ labels: `{alertname="${name}"}`, value: 1 }))
    }))
  ]
  const content = yaml({
    rule_files: ruleFiles,
    evaluation_interval: "1m",
    tests: [
      {
        interval: "1m",
        input_series: recorder.inputs.map(({ series, values }) => ({ series, values })),
        promql_expr_test: tests
      }
    ]
  })
  return Effect.promise(() => testRules(content))
}
