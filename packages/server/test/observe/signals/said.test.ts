/** What the log says of spans and log lines that arrive or do not. */
import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { Telemetry } from "../../../src/observe/telemetry.ts"
import { type Answer, collector, ok } from "../otlp/collector.ts"
import { captureLog } from "../otlp/pipeline.ts"
import { ran, refuse, signalsTo, spansOf, work } from "./recorded.ts"

describe("spans and log lines", () => {
  it.live("are not said to be acknowledged where each of them is refused", () =>
    Effect.gen(function* () {
      const { log } = yield* ran(work(5), refuse(400))
      const said = log.join("\n")
      expect(said).toMatch(
        /^WARN The final export of spans to .* was not acknowledged: 400 .*; 0 arrived and 5 did not/m
      )
      expect(said).not.toMatch(/of spans .* was acknowledged/)
    })
  )

  it.live("come with the receiver's warnings, each of which is said once", () =>
    Effect.gen(function* () {
      const warning: Answer = (response) => {
        const partialSuccess = { errorMessage: "span kinds are deprecated" }
        response.setHeader("content-type", "application/json").end(JSON.stringify({ partialSuccess }))
      }
      const { log, spans } = yield* ran(Effect.zipRight(work(3), Effect.zipRight(Telemetry.flush, work(3))), warning)
      expect(spans).toHaveLength(6)
      const said = log.filter((line) => line.includes("deprecated"))
      expect(said.map((line) => line.replace(/http\S+/, "URL")).toSorted()).toEqual([
        "WARN URL accepted log records and warns: span kinds are deprecated",
        "WARN URL accepted spans and warns: span kinds are deprecated"
      ])
    })
  )

  it.live("that come after the last export are said to be lost, once", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const log = captureLog()
        const { requests, url } = yield* collector(ok)
        const started = Effect.flatMap(Deferred.make<void>(), (gate) =>
          Effect.map(Effect.forkDaemon(Effect.zipRight(Deferred.await(gate), work(5))), (fiber) => ({ fiber, gate }))
        )
        const { fiber, gate } = yield* started.pipe(
          Effect.provide(signalsTo({ url }, { logs: { exporter: "none" } })),
          Effect.provide(log.layer)
        )
        yield* Deferred.succeed(gate, undefined)
        yield* Fiber.join(fiber)
        expect(spansOf(requests)).toEqual([])
        expect(log.lines.filter((line) => line.includes("recorded after their final export"))).toHaveLength(1)
      })
    )
  )
})
