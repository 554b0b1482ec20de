/** Whole nights of the real library in milliseconds: what it exports, read minute by minute, must raise these alerts. */
import { describe, expect, it } from "@effect/vitest"
import { MetricsService } from "@parametric-portal/server/observe/metrics"
import { Telemetry } from "@parametric-portal/server/observe/telemetry"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import * as TestServices from "effect/TestServices"
import { has } from "../support/promtool.ts"
import { Queue } from "../support/queue.ts"
import { type Process, Recorder, start, verdict } from "../support/simulation.ts"

class Poisoned extends Data.TaggedError("Poisoned") {}

class MailboxFull extends Data.TaggedError("MailboxFull") {}

class Unreachable extends Data.TaggedError("Unreachable") {}

const quick = Effect.void

const { label } = MetricsService

/** A runner of a cluster of 300 shards holds so many of them. */
const holds = (runner: Process, held: () => number) =>
  runner.run(
    Effect.zipRight(
      MetricsService.observe(runner.metrics.cluster.shardsConfigured, () => [{ labels: {}, value: 300 }]),
      MetricsService.observe(runner.metrics.cluster.shardsHeld, () => [{ labels: {}, value: held() }])
    )
  )

describe.runIf(has("promtool"))("the real library, simulated", { timeout: 90_000 }, () => {
  it.scoped("a worker stalls for an hour, and works it all off afterwards", () =>
    Effect.gen(function* () {
      const [one, two] = [yield* start("one"), yield* start("two")]
      const queue = new Queue("digest")
      yield* Effect.forEach([one, two], queue.tell)
      const recorder = new Recorder()
      let hung: Fiber.RuntimeFiber<void> | undefined
      for (let minute = 0; minute < 105; minute++) {
        yield* one.run(queue.submit(2))
        if (minute === 10) {
          hung = yield* Effect.fork(two.run(queue.work(Effect.never)))
        }
        if (minute === 70 && hung !== undefined) {
          yield* Fiber.interrupt(hung)
          hung = undefined
        }
        if (hung === undefined) {
          yield* two.run(queue.drain(quick))
        }
        yield* recorder.pass([one, two])
      }
      expect(
        yield* verdict(recorder, {
          until: 20,
          later: {
            36: ["JobQueueOldestAgeHigh", "JobQueueStalled", "JobRunningTooLong"],
            69: ["JobQueueFallingBehind", "JobQueueOldestAgeHigh", "JobQueueStalled", "JobRunningTooLong"],
            100: []
          }
        })
      ).toBe("as expected")
    })
  )

  it.scoped("every fifth job is poison", () =>
    Effect.gen(function* () {
      const one = yield* start("one")
      const queue = new Queue("compress")
      yield* queue.tell(one)
      const recorder = new Recorder()
      for (let minute = 0; minute < 60; minute++) {
        yield* one.run(queue.submit(5))
        yield* one.run(Effect.repeatN(queue.work(quick), 3))
        yield* one.run(queue.work(minute < 10 ? quick : Effect.fail(new Poisoned())))
        yield* recorder.pass([one])
      }
      expect(
        yield* verdict(recorder, {
          until: 18,
          later: { 50: ["JobDeadLetterGrowing", "JobErrorBudgetBurn", "JobErrorRateHigh"] }
        })
      ).toBe("as expected")
    })
  )

  it.scoped("a runner is lost, and the others take over", () =>
    Effect.gen(function* () {
      const runners = yield* Effect.forEach(["one", "two", "three"], (name) => start(name))
      const shards = new Map(runners.map(({ instance }) => [instance, 100]))
      yield* Effect.forEach(runners, (runner) =>
        Effect.zipRight(
          runner.run(MetricsService.zero(runner.metrics.cluster.runnerHealthChecks)),
          holds(runner, () => shards.get(runner.instance) ?? 0)
        )
      )
      const recorder = new Recorder()
      const [one, two, three] = runners
      for (let minute = 0; minute < 60; minute++) {
        if (minute === 20) {
          three?.kill()
        }
        if (minute === 22) {
          shards.set("one", 150).set("two", 150)
        }
        for (const runner of [one, two]) {
          if (runner !== undefined) {
            const result = minute < 20 || minute > 24 ? "alive" : "dead"
            yield* MetricsService.inc(runner.metrics.cluster.runnerHealthChecks, label({ result }))
          }
        }
        yield* recorder.pass(runners)
      }
      expect(
        yield* verdict(recorder, { until: 29, later: { 35: ["ClusterRunnerLost"], 59: ["ClusterRunnerLost"] } })
      ).toBe("as expected")
    })
  )

  it.scoped("a runner gives up its shards, and nobody takes them: not the same as two owners", () =>
    Effect.gen(function* () {
      const runners = yield* Effect.forEach(["one", "two"], (name) => start(name))
      const shards = new Map(runners.map(({ instance }) => [instance, 150]))
      yield* Effect.forEach(runners, (runner) => holds(runner, () => shards.get(runner.instance) ?? 0))
      const recorder = new Recorder()
      for (let minute = 0; minute < 70; minute++) {
        if (minute === 20) {
          shards.set("two", 0)
        }
        if (minute === 45) {
          shards.set("one", 300).set("two", 150)
        }
        yield* recorder.pass(runners)
      }
      expect(
        yield* verdict(recorder, {
          until: 29,
          later: { 35: ["ClusterShardsUnowned"], 47: [], 60: ["ClusterShardsDoubleOwned"] }
        })
      ).toBe("as expected")
    })
  )

  it.scoped("a job id becomes a label: totals stay, and one alert says so", () =>
    Effect.gen(function* () {
      const one = yield* start("one", { limits: { default: 50 } })
      const recorder = new Recorder()
      for (let minute = 0; minute < 40; minute++) {
        yield* Effect.forEach(Array.from({ length: 10 }), (_, index) => {
          const job_type = minute < 10 ? "digest" : `digest-${minute}-${index}`
          return MetricsService.inc(one.metrics.jobs.enqueued, label({ job_type, operation: "submit" }))
        })
        yield* recorder.pass([one])
      }
      const total = recorder.inputs
        .filter(({ series }) => series.startsWith("jobs_enqueued_total{"))
        .reduce((sum, { values }) => sum + Number(values.split(" ").at(-1)), 0)
      expect(total).toBe(400)
      expect(yield* verdict(recorder, { until: 22, later: { 35: ["TelemetrySeriesOverflow"] } })).toBe("as expected")
    }).pipe(Effect.provide(Logger.remove(Logger.defaultLogger)))
  )

  it.scoped("mailboxes are full, then handlers are slow", () =>
    Effect.gen(function* () {
      const one = yield* start("one")
      const recorder = new Recorder()
      const send = <E>(work: Effect.Effect<void, E>) =>
        one.run(
          Effect.ignore(MetricsService.trackCluster(work, { operation: "send", entityType: "Order", message: "Place" }))
        )
      for (let minute = 0; minute < 100; minute++) {
        yield* Effect.repeatN(send(quick), 19)
        if (minute >= 20 && minute < 45) {
          yield* Effect.repeatN(send(Effect.fail(new MailboxFull())), 4)
        }
        if (minute >= 70) {
          const slow = yield* Effect.fork(
            Effect.all(
              Array.from({ length: 5 }, () => send(Effect.sleep("4 seconds"))),
              { concurrency: "unbounded" }
            )
          )
          yield* TestClock.adjust("4 seconds")
          yield* Fiber.join(slow)
        }
        yield* recorder.pass([one])
      }
      expect(
        yield* verdict(recorder, {
          until: 30,
          later: { 40: ["ClusterMailboxRejections"], 69: [], 95: ["ClusterMessageLatencyHigh"] }
        })
      ).toBe("as expected")
    })
  )

  it.scoped("the queue can't be read: its number is absent, and somebody hears of it", () =>
    Effect.gen(function* () {
      const one = yield* start("one")
      const recorder = new Recorder()
      let isDown = false
      yield* one.run(
        MetricsService.sample({
          gauge: one.metrics.jobs.queueOldestAge,
          read: Effect.suspend(() =>
            isDown ? Effect.fail(new Unreachable()) : Effect.succeed([{ labels: { job_type: "digest" }, value: 5 }])
          ),
          every: "30 seconds"
        })
      )
      for (let minute = 0; minute < 50; minute++) {
        isDown = minute >= 15
        yield* recorder.pass([one])
      }
      const age = recorder.inputs.find(({ series }) => series.startsWith("jobs_queue_oldest_age_seconds"))
      expect(age?.values.split(" ").slice(13, 18)).toEqual(["5", "5", "stale", "_", "_"])
      expect(yield* verdict(recorder, { until: 24, later: { 45: ["TelemetrySourceFailing"] } })).toBe("as expected")
    }).pipe(Effect.provide(Logger.remove(Logger.defaultLogger)))
  )

  it.effect("the collector is down: nobody listens where metrics are exported to", () =>
    Effect.gen(function* () {
      // A real exporter and a real connection that is refused: for them time is real.
      const scope = yield* Scope.make()
      const one = yield* Scope.extend(start("one"), scope)
      const telemetry = yield* Telemetry.layer({
        destinations: [{ type: "otlp", url: "http://127.0.0.1:9/v1/metrics", timeout: "20 millis" }],
        interval: "1 hour",
        shutdownTimeout: "20 millis"
      }).pipe(Layer.buildWithScope(scope), one.run, TestServices.provideLive)
      const recorder = new Recorder()
      for (let minute = 0; minute < 45; minute++) {
        yield* recorder.pass([one])
        yield* TestServices.provideLive(Effect.provide(Telemetry.flush, telemetry))
      }
      yield* TestServices.provideLive(Scope.close(scope, Exit.void))
      expect(yield* verdict(recorder, { until: 12, later: { 40: ["TelemetryExportFailing"] } })).toBe("as expected")
    }).pipe(Effect.provide(Logger.remove(Logger.defaultLogger)))
  )

  it.scoped("a good day: a rollout, a failure now and then, a burst", () =>
    Effect.gen(function* () {
      const recorder = new Recorder()
      const queue = new Queue("digest")
      const shards = new Map<string, number>()
      const begin = (instance: string, held: number) =>
        Effect.gen(function* () {
          const process = yield* start(instance)
          shards.set(instance, held)
          yield* queue.tell(process)
          yield* holds(process, () => shards.get(instance) ?? 0)
          return process
        })
      let processes = [yield* begin("one", 150), yield* begin("two", 150)]
      for (let minute = 0; minute < 120; minute++) {
        if (minute === 40) {
          processes[0]?.kill()
          processes = [yield* begin("three", 150), ...processes.slice(1)]
        }
        if (minute === 43) {
          processes[1]?.kill()
          processes = [...processes.slice(0, 1), yield* begin("four", 150)]
        }
        const [front, back] = processes
        if (front !== undefined && back !== undefined) {
          yield* front.run(queue.submit(minute === 80 ? 100 : 3))
          // A burst is worked off in four minutes; two attempts of the day fail for good.
          const capacity = 30
          const work = minute === 20 || minute === 100 ? Effect.fail(new Poisoned()) : quick
          yield* back.run(queue.work(work))
          yield* back.run(Effect.repeatN(queue.work(quick), capacity))
          yield* front.run(
            Effect.repeatN(MetricsService.trackCluster(quick, { operation: "send", entityType: "Order" }), 9)
          )
        }
        yield* recorder.pass(processes)
      }
      expect(yield* verdict(recorder, { until: 119, later: {} })).toBe("as expected")
    })
  )
})
