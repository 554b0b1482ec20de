import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as MetricRegistry from "effect/MetricRegistry"
import { vi } from "vitest"
import { MetricsService } from "../../../src/observe/metrics.ts"
import * as Testing from "../../../src/observe/testing.ts"

const line =
  "This MetricsService was built over a registry that already had values, such as those of another test: " +
  "jobs_cancelled_total, jobs_completed_total. Values read here include them. " +
  "Provide the layer of observe/testing, which has its own registry"

const recorded = Effect.flatMap(MetricsService, ({ jobs }) =>
  Effect.zipRight(
    MetricsService.inc(jobs.completions, { job_type: "mail" }),
    MetricsService.inc(jobs.cancellations, { job_type: "mail" })
  )
)

/** Two tests, one after the other, over one registry; what the second logs. */
const second = (registry: MetricRegistry.MetricRegistry, program: Effect.Effect<unknown, unknown, MetricsService>) =>
  Effect.gen(function* () {
    const lines: Array<unknown> = []
    const capture = Logger.replace(
      Logger.defaultLogger,
      Logger.make(({ message }) => lines.push(message))
    )
    const over = () => Layer.merge(Layer.orDie(MetricsService.layer({ registry })), capture)
    yield* Effect.provide(recorded, over())
    yield* Effect.exit(Effect.provide(program, over()))
    return lines.flat()
  })

describe("leftovers of other tests", () => {
  it.live.each([
    ["snapshot", Testing.snapshot],
    ["deltaOf", Testing.deltaOf(Effect.void)],
    ["expectDelta", Testing.expectDelta(Effect.void, [])],
    ["expectConserved", Testing.expectConserved(0)],
    ["prometheusText", Testing.prometheusText()]
  ] as ReadonlyArray<readonly [string, Effect.Effect<unknown, unknown, MetricsService>]>)(
    "%s names what another test recorded in the same registry, once",
    ([, program]) =>
      Effect.gen(function* () {
        const registry = MetricRegistry.make()
        expect(yield* second(registry, Effect.zipRight(program, program))).toEqual([line])
        expect(yield* second(registry, program)).toEqual([])
      })
  )

  it.live("it is said of the default service in the second test of a process", () =>
    Effect.gen(function* () {
      const lines: Array<unknown> = []
      const capture = Logger.replace(
        Logger.defaultLogger,
        Logger.make(({ message }) => lines.push(message))
      )
      const inTest = (program: Effect.Effect<unknown, never, MetricsService>) =>
        Effect.provide(program, Layer.merge(Layer.fresh(MetricsService.Default), capture))
      yield* inTest(Effect.zipRight(recorded, Testing.snapshot))
      expect(lines).toEqual([])
      yield* inTest(Testing.snapshot)
      expect(lines.flat()).toEqual([line])
    })
  )

  it.live("nothing is said of what the test itself recorded, or of what it removed", () =>
    Effect.gen(function* () {
      const registry = MetricRegistry.make()
      const first = Effect.zipRight(recorded, Testing.snapshot)
      expect(yield* second(registry, Effect.zipRight(Testing.reset, first))).toEqual([])
    })
  )

  it.effect("it is said also where a test has no logger", () =>
    Effect.gen(function* () {
      const said = vi.spyOn(console, "log").mockImplementation(() => {})
      const registry = MetricRegistry.make()
      const over = () => Effect.provide(Layer.orDie(MetricsService.layer({ registry })))
      yield* recorded.pipe(over())
      yield* Testing.snapshot.pipe(over())
      const lines = said.mock.calls.map(([text]) => String(text))
      said.mockRestore()
      expect(lines.map((text) => text.includes(line))).toEqual([true])
    })
  )
})
