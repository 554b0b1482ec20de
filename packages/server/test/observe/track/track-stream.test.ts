import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Metric from "effect/Metric"
import * as Stream from "effect/Stream"
import { MetricsService } from "../../../src/observe/metrics.ts"
import * as Testing from "../../../src/observe/testing.ts"

const rows = {
  rows: { name: "rows_total", kind: "counter", unit: "{row}", labels: ["table"], help: "Rows." }
} as const

const own = Effect.provide(Testing.layer())

describe("trackStream", () => {
  it.effect("counts each element and leaves the chunks as they are", () =>
    Effect.gen(function* () {
      const metrics = yield* MetricsService.define(rows)
      const chunks = Stream.fromChunks(Chunk.make(1, 2, 3), Chunk.make(4), Chunk.empty<number>(), Chunk.make(5, 6))
      const sizes = yield* MetricsService.trackStream(chunks, metrics.rows, { table: "jobs" }).pipe(
        Stream.chunks,
        Stream.map(Chunk.toReadonlyArray),
        Stream.runCollect
      )
      expect(Chunk.toReadonlyArray(sizes)).toEqual([[1, 2, 3], [4], [5, 6]])
      expect(yield* Testing.read(metrics.rows, { table: "jobs" })).toBe(6)
    }).pipe(own)
  )

  it.effect("takes a set of labels as well as pairs", () =>
    Effect.gen(function* () {
      const metrics = yield* MetricsService.define(rows)
      const labels = MetricsService.label({ table: "jobs" })
      yield* Stream.runDrain(MetricsService.trackStream(Stream.make(1, 2), metrics.rows, labels))
      expect(yield* Testing.read(metrics.rows, { table: "jobs" })).toBe(2)
    }).pipe(own)
  )

  it.effect("counts what passed of a stream that fails", () =>
    Effect.gen(function* () {
      const metrics = yield* MetricsService.define(rows)
      const stream = Stream.concat(Stream.make(1, 2), Stream.fail("broken"))
      const error = yield* stream.pipe(
        MetricsService.trackStream(metrics.rows, { table: "jobs" }),
        Stream.runDrain,
        Effect.flip
      )
      expect([error, yield* Testing.read(metrics.rows, { table: "jobs" })]).toEqual(["broken", 2])
    }).pipe(own)
  )
})

/** What running it some times logs, line by line. */
const linesOf = <A, E, R>(stream: Stream.Stream<A, E, R>, runs: number) =>
  Effect.suspend(() => {
    const lines: Array<string> = []
    const logger = Logger.make<unknown, void>(({ message }) => {
      lines.push(String(message))
    })
    return Effect.replicateEffect(Stream.runDrain(stream), runs).pipe(
      Effect.as(lines),
      Effect.provide(Logger.replace(Logger.defaultLogger, logger))
    )
  })

describe("trackStreamProgress", () => {
  it.effect("logs a line each time a multiple of the interval is passed, from 0 in each run", () =>
    Effect.gen(function* () {
      const metrics = yield* MetricsService.define(rows)
      const stream = MetricsService.trackStreamProgress(Stream.rechunk(Stream.range(1, 25), 4), {
        counter: metrics.rows,
        labels: { table: "jobs" },
        logInterval: 10
      })
      expect(yield* linesOf(stream, 2)).toEqual([
        "rows_total: 10 so far",
        "rows_total: 20 so far",
        "rows_total: 10 so far",
        "rows_total: 20 so far"
      ])
      expect(yield* Testing.read(metrics.rows, { table: "jobs" })).toBe(50)
    }).pipe(own)
  )

  it.effect("takes a counter of Effect itself, no labels, and the interval of a thousand", () =>
    Effect.gen(function* () {
      const counter = Metric.counter("external_counter_of_track_stream")
      const stream = Stream.range(1, 2500).pipe(Stream.rechunk(100), MetricsService.trackStreamProgress({ counter }))
      expect(yield* linesOf(stream, 1)).toEqual(["elements: 1000 so far", "elements: 2000 so far"])
      expect((yield* Metric.value(counter)).count).toBe(2500)
    }).pipe(own)
  )

  it.effect("leaves elements and chunks as they are", () =>
    Effect.gen(function* () {
      const metrics = yield* MetricsService.define(rows)
      const chunks = Stream.fromChunks(Chunk.make(1, 2, 3), Chunk.make(4), Chunk.make(5, 6))
      const seen = yield* MetricsService.trackStreamProgress(chunks, { counter: metrics.rows, logInterval: 2 }).pipe(
        Stream.chunks,
        Stream.map(Chunk.toReadonlyArray),
        Stream.runCollect
      )
      expect(Chunk.toReadonlyArray(seen)).toEqual([[1, 2, 3], [4], [5, 6]])
    }).pipe(own)
  )
})
