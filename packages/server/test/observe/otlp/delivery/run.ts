/** Plays the matrix, a few scenarios at a time, each with processes of its own, and tells what came of it as a table. */
import { spawnReceiver } from "@parametric-portal/dashboard/spawn"
import * as Effect from "effect/Effect"
import { receiver } from "../../../support/programs.ts"
import { matrix } from "./matrix.ts"
import { bridge } from "../grpc/bridge.ts"
import { app, type Delivered, play, type Receivers, type Result, signals } from "./scenario.ts"
import { recordReceiver, spawnRecordReceiver } from "./spawn-record-receiver.ts"

/** How many scenarios run at once: most of the time they wait. */
const lanes = 3

/** The results, in the order of the matrix, over HTTP or over gRPC. */
export const playAll = (protocol: "http" | "grpc" = "http") =>
  Effect.scoped(
    Effect.gen(function* () {
      const program = yield* app
      const options = { program: yield* receiver }
      const recording = yield* recordReceiver
      const both = Effect.all({ metrics: spawnReceiver(options), records: spawnRecordReceiver(recording) })
      const spawned = protocol === "grpc" ? Effect.flatMap(both, overGrpc) : both
      const receivers = yield* Effect.all(
        Array.from({ length: lanes }, () => spawned),
        { concurrency: "unbounded" }
      )
      const left = Array.from(matrix.entries())
      const results = new Map<number, Result>()
      yield* Effect.forEach(
        receivers,
        (pair) =>
          Effect.gen(function* () {
            for (let next = left.shift(); next !== undefined; next = left.shift()) {
              const [index, scenario] = next
              results.set(index, yield* play(scenario, program, pair))
            }
          }),
        { concurrency: "unbounded", discard: true }
      )
      return matrix.flatMap((scenario, index) => {
        const result = results.get(index)
        return result === undefined ? [] : [{ scenario, result }]
      })
    })
  )

const overGrpc = ({ metrics, records }: Receivers) =>
  Effect.map(bridge({ metrics: () => metrics.url, records: () => records.base }), ({ url }) => ({
    metrics,
    records,
    grpc: { url: url.origin }
  }))

/** The results as a table in Markdown. */
export const tableOf = (results: ReadonlyArray<Result>): string =>
  [
    "| scenario | metrics | spans | log lines | ms to exit |",
    "|---|---:|---:|---:|---:|",
    ...results.map(
      (result) =>
        `| ${result.name} | ${signals.map((signal) => share(result[signal])).join(" | ")} | ${result.exitMs} |`
    )
  ].join("\n")

const share = ({ acknowledged, counted }: Delivered): string =>
  acknowledged === counted ? `all ${counted}` : `${acknowledged} of ${counted}`
