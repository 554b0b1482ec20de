import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Ref from "effect/Ref"
import * as Scope from "effect/Scope"
import * as Exit from "effect/Exit"
import * as TestClock from "effect/TestClock"
import { MetricsService, type Sample } from "../../../src/observe/metrics.ts"
import * as Testing from "../../../src/observe/testing.ts"

const capture = () => {
  const lines: Array<string> = []
  const logger = Logger.make<unknown, void>(({ logLevel, message }) => {
    lines.push(`${logLevel.label} ${String(message)}`)
  })
  return { lines, layer: Logger.replace(Logger.defaultLogger, logger) }
}

const size = (job_type: string, value: number): Sample<"job_type"> => ({ labels: { job_type }, value })

/** What the types of a source rule out, and JavaScript does not. */
const broken = function* (name: string): Generator<Sample<"job_type">> {
  yield size("b", 1)
  if (name === "a lazy source that fails midway") {
    throw new Error("gone")
  }
  yield JSON.parse(name === "a source without labels" ? '{ "labels": null, "value": 1 }' : "null")
}

describe("a sampled gauge", () => {
  it.scoped("follows its source, zeros included, and forgets what the source forgot", () =>
    Effect.gen(function* () {
      const { jobs } = yield* MetricsService
      const source = yield* Ref.make([size("a", 3), size("b", 0)])
      yield* MetricsService.sample({ gauge: jobs.dlqSize, read: Ref.get(source), every: "10 seconds" })
      const first = yield* Testing.snapshot
      yield* Ref.set(source, [size("b", 7)])
      yield* TestClock.adjust("9 seconds")
      const before = yield* Testing.snapshot
      yield* TestClock.adjust("1 seconds")
      const after = yield* Testing.snapshot
      expect([first, before, after]).toEqual([
        { [`jobs_dlq_size{job_type="a"}`]: 3, [`jobs_dlq_size{job_type="b"}`]: 0 },
        { [`jobs_dlq_size{job_type="a"}`]: 3, [`jobs_dlq_size{job_type="b"}`]: 0 },
        { [`jobs_dlq_size{job_type="b"}`]: 7 }
      ])
    }).pipe(Effect.provide(Testing.layer()))
  )

  it.scoped("is absent while its source fails, counts that, says so twice, and comes back", () => {
    const { layer, lines } = capture()
    return Effect.gen(function* () {
      const { jobs } = yield* MetricsService
      const turn = yield* Ref.make(0)
      const read = Effect.flatMap(
        Ref.getAndUpdate(turn, (n) => n + 1),
        (n) => (n === 1 ? Effect.fail("down") : n === 2 ? Effect.die("worse") : Effect.succeed([size("a", n)]))
      )
      yield* MetricsService.sample({ gauge: jobs.dlqSize, read, every: "1 second" })
      const seen = [yield* Testing.read(jobs.dlqSize, { job_type: "a" })]
      for (let second = 0; second < 3; second++) {
        yield* TestClock.adjust("1 second")
        seen.push(yield* Testing.read(jobs.dlqSize, { job_type: "a" }))
      }
      expect(seen).toEqual([0, undefined, undefined, 3])
      expect((yield* Testing.snapshot)[`telemetry_watch_errors_total{site="jobs_dlq_size"}`]).toBe(2)
      expect(lines).toEqual([
        `WARN Sampling of "jobs_dlq_size" failed; it is absent until it works again`,
        `INFO Sampling of "jobs_dlq_size" works again`
      ])
    }).pipe(Effect.provide([Testing.layer(), layer]))
  })

  it.scoped.each(["a lazy source that fails midway", "a source without labels", "a source of nothing"])(
    "is absent after %s, and comes back",
    (name) =>
      Effect.gen(function* () {
        const { jobs } = yield* MetricsService
        let isBroken = true
        const read = Effect.sync(() => (isBroken ? broken(name) : [size("a", 1)]))
        yield* MetricsService.sample({ gauge: jobs.dlqSize, read, every: "1 second" })
        const seen = [yield* Testing.snapshot]
        for (const next of [false, true, false]) {
          isBroken = next
          yield* TestClock.adjust("1 second")
          seen.push(yield* Testing.snapshot)
        }
        const errors = `telemetry_watch_errors_total{site="jobs_dlq_size"}`
        const shown = { [`jobs_dlq_size{job_type="a"}`]: 1 }
        expect(seen).toEqual([{ [errors]: 1 }, { ...shown, [errors]: 1 }, { [errors]: 2 }, { ...shown, [errors]: 2 }])
      }).pipe(Effect.provide(Testing.layer()), Effect.provide(Logger.replace(Logger.defaultLogger, Logger.none)))
  )

  it.scoped("is absent where its source says what is no number: neither frozen nor 0", () =>
    Effect.gen(function* () {
      const { jobs } = yield* MetricsService
      const source = yield* Ref.make([size("a", 5), size("b", Number.NaN)])
      yield* MetricsService.sample({ gauge: jobs.dlqSize, read: Ref.get(source), every: "1 second" })
      const seen = [yield* Testing.read(jobs.dlqSize, { job_type: "a" })]
      yield* Ref.set(source, [size("a", Number.NaN)])
      yield* TestClock.adjust("1 second")
      seen.push(yield* Testing.read(jobs.dlqSize, { job_type: "a" }))
      seen.push(yield* Testing.read(jobs.dlqSize, { job_type: "b" }))
      expect(seen).toEqual([5, undefined, undefined])
      expect((yield* Testing.snapshot)[`telemetry_points_dropped_total{reason="non_finite"}`]).toBe(2)
    }).pipe(Effect.provide(Testing.layer()))
  )

  it.scoped("over its limit leaves nothing behind when its source is empty", () =>
    Effect.gen(function* () {
      const { jobs } = yield* MetricsService
      const source = yield* Ref.make(["a", "b", "c", "d"].map((type) => size(type, 1)))
      yield* MetricsService.sample({ gauge: jobs.dlqSize, read: Ref.get(source), every: "1 second" })
      const dlq = Effect.map(Testing.snapshot, (now) => Object.keys(now).filter((name) => name.startsWith("jobs_dlq")))
      expect(yield* dlq).toContain(`jobs_dlq_size{otel.metric.overflow="true"}`)
      yield* Ref.set(source, [])
      yield* TestClock.adjust("1 second")
      expect(yield* dlq).toEqual([])
    }).pipe(Effect.provide(MetricsService.layer({ registry: "own", limits: { default: 3 } })))
  )

  it.effect("is gone when its scope closes", () =>
    Effect.gen(function* () {
      const { jobs } = yield* MetricsService
      const scope = yield* Scope.make()
      yield* Scope.extend(MetricsService.sample({ gauge: jobs.dlqSize, read: Effect.succeed([size("a", 1)]) }), scope)
      yield* Scope.close(scope, Exit.void)
      expect(yield* Testing.snapshot).toEqual({})
    }).pipe(Effect.provide(Testing.layer()))
  )

  it.scoped("in seconds takes durations", () =>
    Effect.gen(function* () {
      const { jobs } = yield* MetricsService
      const read = Effect.succeed([{ labels: { job_type: "a" }, value: Duration.minutes(2) }])
      yield* MetricsService.sample({ gauge: jobs.queueOldestAge, read })
      expect(yield* Testing.read(jobs.queueOldestAge, { job_type: "a" })).toBe(120)
    }).pipe(Effect.provide(Testing.layer()))
  )
})

describe("an observed gauge", () => {
  it.scoped("says each time that its source begins to fail, and that it works again", () => {
    const { layer, lines } = capture()
    return Effect.gen(function* () {
      const { jobs } = yield* MetricsService
      let turn = 0
      yield* MetricsService.observe(jobs.dlqSize, () => {
        turn += 1
        if (turn % 3 !== 0) {
          throw new Error("down")
        }
        return [size("a", turn)]
      })
      for (let read = 0; read < 6; read++) {
        yield* Testing.read(jobs.dlqSize, { job_type: "a" })
      }
      const failed = `WARN Sampling of "jobs_dlq_size" failed; it is absent until it works again`
      const works = `INFO Sampling of "jobs_dlq_size" works again`
      expect(lines.map((line) => line.split(",")[0])).toEqual([failed, works, failed, works])
    }).pipe(Effect.provide([Testing.layer(), layer]))
  })

  it.scoped("is absent, all of it, while one of its samples can't be read", () =>
    Effect.gen(function* () {
      const { jobs } = yield* MetricsService
      let isBroken = false
      yield* MetricsService.observe(jobs.dlqSize, () => (isBroken ? broken("a source without labels") : [size("a", 1)]))
      const seen: Array<Testing.Value | undefined> = [yield* Testing.read(jobs.dlqSize, { job_type: "a" })]
      for (isBroken of [true, false]) {
        const { [`jobs_dlq_size{job_type="a"}`]: a, [`jobs_dlq_size{job_type="b"}`]: b } = yield* Testing.snapshot
        seen.push(a, b)
      }
      expect(seen).toEqual([1, undefined, undefined, 1, undefined])
    }).pipe(Effect.provide(Testing.layer()), Effect.provide(Logger.replace(Logger.defaultLogger, Logger.none)))
  )

  it.scoped("is read when it is asked for, and absent when its source throws", () =>
    Effect.gen(function* () {
      const { jobs } = yield* MetricsService
      let used = 2
      yield* MetricsService.observe(jobs.slots, () => {
        if (used === 0) {
          throw new Error("no slots")
        }
        return [{ labels: { job_type: "a", state: "used" }, value: used }]
      })
      const seen = [yield* Testing.read(jobs.slots, { job_type: "a", state: "used" })]
      used = 5
      seen.push(yield* Testing.read(jobs.slots, { job_type: "a", state: "used" }))
      used = 0
      seen.push(yield* Testing.read(jobs.slots, { job_type: "a", state: "used" }))
      expect(seen).toEqual([2, 5, undefined])
    }).pipe(Effect.provide(Testing.layer()))
  )
})
