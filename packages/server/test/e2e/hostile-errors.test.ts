/** Whatever is thrown, watching it changes nothing and throws nothing. */
import { describe, expect, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FastCheck from "effect/FastCheck"
import * as Logger from "effect/Logger"
import * as Metric from "effect/Metric"
import * as Stream from "effect/Stream"
import { ClusterError, ClusterService } from "../../src/infra/cluster.ts"
import { errorTypeOf } from "../../src/infra/cluster/cluster-error.ts"
import { wordsOf } from "../../src/observe/catalogue/thrown.ts"
import { MetricsService } from "../../src/observe/metrics.ts"
import * as Testing from "../../src/observe/testing.ts"

const thrower = (): never => {
  throw new Error("told you")
}

const traps = ["get", "has", "getPrototypeOf", "ownKeys", "getOwnPropertyDescriptor", "apply", "construct"] as const

const revoked = (): object => {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

const fields = ["_tag", "name", "reason", "message", "constructor", "toString", "stack", "cause", "then"] as const

// They are made where they are thrown: fast-check itself can't hold them.
type Make = () => unknown

const throwingGetters = FastCheck.subarray([...fields], { minLength: 1 }).map(
  (names): Make =>
    () =>
      names.reduce(
        (error, name) => Object.defineProperty(error, name, { get: thrower }),
        Object.create(Error.prototype)
      )
)

const throwingConversions = FastCheck.constantFrom<ReadonlyArray<string | symbol>>(
  ["toString"],
  ["toString", "valueOf"],
  [Symbol.toPrimitive],
  [Symbol.toStringTag]
).map(
  (names): Make =>
    () =>
      names.reduce<object>((value, name) => Object.defineProperty(value, name, { get: thrower }), {})
)

const proxies = FastCheck.subarray([...traps], { minLength: 1 }).chain((names) =>
  FastCheck.constantFrom<Make>(
    () => new Proxy({}, Object.fromEntries(names.map((name) => [name, thrower]))),
    () => new Proxy(() => undefined, Object.fromEntries(names.map((name) => [name, thrower]))),
    () => new Proxy(Object.create(Error.prototype), Object.fromEntries(names.map((name) => [name, thrower])))
  )
)

const odd = FastCheck.constantFrom<Make>(
  revoked,
  () => Object.create(null),
  () => Object.create(revoked()),
  () => Symbol("thrown"),
  () => ({ _tag: 1, reason: {}, name: [] }),
  () => ({ _tag: "", reason: "", name: "" }),
  () => ({ reason: "x".repeat(300_000) }),
  () => ({ reason: "\u0301".repeat(300_000) }),
  () => ({ toString: () => ({}) }),
  () => ({ [Symbol.toPrimitive]: () => ({}) }),
  () => new AggregateError([revoked()])
)

const hostile: FastCheck.Arbitrary<Make> = FastCheck.oneof(
  throwingGetters,
  throwingConversions,
  proxies,
  odd,
  FastCheck.anything().map(
    (value): Make =>
      () =>
        value
  )
)

type Watch = <A, E>(effect: Effect.Effect<A, E>) => Effect.Effect<A, E, MetricsService>

const watches: Readonly<Record<string, Watch>> = {
  trackJob: MetricsService.trackJob({ jobType: "t", operation: "process", enqueuedAt: 0, final: true }),
  trackCluster: MetricsService.trackCluster({ operation: "send", entityType: "t" }),
  trackEffect: (effect) =>
    Effect.flatMap(MetricsService, ({ cluster, jobs }) =>
      MetricsService.trackEffect(effect, { duration: cluster.messageLatency, errors: jobs.failures })
    ),
  "trackEffect with a frequency": (effect) =>
    Effect.flatMap(MetricsService, ({ cluster }) =>
      MetricsService.trackEffect(effect, { duration: cluster.messageLatency, errors: Metric.frequency("words") })
    ),
  trackError: (effect) =>
    Effect.flatMap(MetricsService, ({ jobs }) =>
      Effect.tapErrorCause(effect, (cause) => MetricsService.trackError(jobs.failures, {}, Cause.squash(cause)))
    ),
  trackStream: (effect) =>
    Effect.flatMap(MetricsService, ({ jobs }) =>
      Effect.map(
        Stream.runCollect(MetricsService.trackStream(Stream.fromEffect(effect), jobs.enqueued, { job_type: "t" })),
        ([only]) => only
      )
    ).pipe(Effect.flatMap((value) => (value === undefined ? Effect.never : Effect.succeed(value))))
}

const thrown = (exit: Exit.Exit<unknown, unknown>): unknown =>
  Exit.isFailure(exit) && (exit.cause._tag === "Fail" || exit.cause._tag === "Die")
    ? exit.cause._tag === "Fail"
      ? exit.cause.error
      : exit.cause.defect
    : undefined

const quiet = Logger.replace(Logger.defaultLogger, Logger.none)

describe.each(Object.keys(watches))("%s", (name) => {
  const watch = watches[name] ?? ((effect) => effect)

  it.effect.prop(
    "leaves a failure and a defect as they are, whatever was thrown",
    [hostile],
    ([make]) =>
      Effect.gen(function* () {
        const value = make()
        const causes = [Cause.fail(value), Cause.die(value)]
        const watched = yield* Effect.forEach(causes, (cause) => Effect.exit(watch(Effect.failCause(cause))))
        expect(watched.map((exit) => (Exit.isFailure(exit) ? exit.cause._tag : exit._tag))).toEqual(["Fail", "Die"])
        // Effect's own streams don't pass on a proxy as it is.
        const isKept = name === "trackStream" || watched.every((exit) => Object.is(thrown(exit), value))
        expect(isKept).toBe(true)
      }).pipe(Effect.provide(Testing.layer()), Effect.provide(quiet)),
    { fastCheck: { numRuns: 60 } }
  )
})

describe("the names of errors", () => {
  it.prop(
    "are words, whatever was thrown",
    [hostile],
    ([make]) => {
      const value = make()
      const words = [
        ClusterService.errorTag(value),
        MetricsService.errorTag(value),
        errorTypeOf({ _tag: "failure", error: value }),
        errorTypeOf({ _tag: "defect", defect: value }),
        wordsOf(value)
      ]
      for (const word of words) {
        expect(word?.length).toBeGreaterThan(0)
        expect(word?.length).toBeLessThanOrEqual(303)
      }
      expect(typeof (ClusterError.from(value)?.message ?? "")).toBe("string")
    },
    { fastCheck: { numRuns: 500 } }
  )
})

describe("a label that is no text", () => {
  const values: Readonly<Record<string, readonly [value: unknown, text: string | undefined]>> = {
    undefined: [undefined, undefined],
    null: [null, undefined],
    "a number": [5, "5"],
    "a big number": [5n, "5"],
    "a list": [["a", "b"], "a,b"],
    "a symbol": [Symbol("s"), "Symbol(s)"],
    "an object without a text": [Object.create(null), undefined],
    "an object whose text throws": [{ toString: thrower }, undefined],
    "a revoked proxy": [revoked(), undefined]
  }

  it.effect.each(Object.keys(values))("costs the label at most: %s", (name) =>
    Effect.gen(function* () {
      const [value, text] = values[name] ?? []
      const { jobs } = yield* MetricsService
      const label = (key: string) => JSON.parse("{}", () => ({ [key]: value }))
      const { jobType, ...process } = { ...label("jobType"), operation: "process" }
      yield* MetricsService.trackJob(Effect.void, { jobType, ...process })
      yield* MetricsService.trackCluster(Effect.void, { operation: "send", entityType: jobType })
      yield* MetricsService.inc(jobs.duplicates, label("job_type"))
      const job_type = text === undefined ? "" : `job_type="${text}"`
      expect(yield* Testing.snapshot).toMatchObject({
        [`jobs_completed_total{${[job_type, 'operation="process"'].filter((one) => one !== "").join(",")}}`]: 1,
        [`cluster_messages_sent_total{${job_type.replace("job", "entity")}${job_type && ","}operation="send"}`]: 1,
        [`jobs_duplicates_total${job_type && `{${job_type}}`}`]: 1
      })
    }).pipe(Effect.provide(Testing.layer()), Effect.provide(quiet))
  )

  it.effect.each(["undefined", "null", "a number"])("ends nothing where it is ambient or a metric's own: %s", (name) =>
    Effect.gen(function* () {
      const { jobs } = yield* MetricsService
      const value: string = JSON.parse("0", () => values[name]?.[0])
      yield* Effect.tagMetrics(Metric.increment(jobs.duplicates), "tenant", value)
      yield* Metric.increment(Metric.tagged(jobs.replays, "job_type", value))
      const isCounted = Object.entries(yield* Testing.snapshot).filter(([key, one]) => /total/.test(key) && one === 1)
      expect(isCounted.length).toBe(2)
    }).pipe(Effect.provide(Testing.layer()), Effect.provide(quiet))
  )
})

describe("a watch whose own counting fails", () => {
  it.effect("reads what was thrown once, as it may be long", () =>
    Effect.gen(function* () {
      const { meter } = yield* MetricsService
      let read = 0
      const thrown = { toString: () => `${(read += 1)} ${"x".repeat(1_000_000)}` }
      meter.swallow("there", thrown)
      meter.swallow("there", thrown)
      expect([read, yield* Testing.snapshot]).toEqual([1, { 'telemetry_watch_errors_total{site="there"}': 2 }])
    }).pipe(Effect.provide(Testing.layer()), Effect.provide(quiet))
  )

  it.effect("says so once, whatever was thrown", () =>
    Effect.gen(function* () {
      const lines: Array<unknown> = []
      const logger = Logger.make(
        ({ annotations, message }) => void lines.push([message, Object.fromEntries(annotations)])
      )
      const { meter } = yield* MetricsService
      yield* Effect.sync(() => {
        meter.swallow("here", Object.defineProperty({}, "toString", { value: thrower }))
        meter.swallow("here", revoked())
      }).pipe(Effect.provide(Logger.replace(Logger.defaultLogger, logger)))
      expect(lines).toEqual([
        [['Watching "here" failed, and was left out'], { error: "something that can't be shown" }]
      ])
      expect(yield* Testing.snapshot).toMatchObject({ 'telemetry_watch_errors_total{site="here"}': 2 })
    }).pipe(Effect.provide(Testing.layer()))
  )
})
