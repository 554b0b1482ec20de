/** Plays the matrix, a few scenarios at a time, each pair of processes apart, and tells what came of it as a table. */
import { spawnReceiver } from "@parametric-portal/dashboard/spawn"
import * as Effect from "effect/Effect"
import { receiver } from "../../../support/programs.ts"
import { matrix } from "./matrix.ts"
import { app, play, type Result } from "./scenario.ts"

/** How many scenarios run at once: most of the time they wait. */
const lanes = 3

/** The results, in the order of the matrix. */
export const playAll = Effect.scoped(
  Effect.gen(function* () {
    const program = yield* app
    const options = { program: yield* receiver }
    const receivers = yield* Effect.all(
      Array.from({ length: lanes }, () => spawnReceiver(options)),
      { concurrency: "unbounded" }
    )
    const left = Array.from(matrix.entries())
    const results = new Map<number, Result>()
    yield* Effect.forEach(
      receivers,
      (spawned) =>
        Effect.gen(function* () {
          for (let next = left.shift(); next !== undefined; next = left.shift()) {
            const [index, scenario] = next
            results.set(index, yield* play(scenario, program, spawned))
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

/** The results as a table in Markdown. */
export const tableOf = (results: ReadonlyArray<Result>): string =>
  [
    "| scenario | counted | acknowledged | ms to exit |",
    "|---|---:|---:|---:|",
    ...results.map(
      ({ acknowledged, counted, exitMs, name }) =>
        `| ${name} | ${counted} | ${acknowledged === counted ? "all" : acknowledged} | ${exitMs} |`
    )
  ].join("\n")
