/**
 * Durable jobs on a file of SQLite, submitted by 32 callers while a runner runs them. With `--against` this is measured of
 * another checkout too, and the figure compares the two.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { monitorEventLoopDelay } from "node:perf_hooks"
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { inTurns, type Result } from "./harness.ts"
import { makeHandled } from "./jobs/handled.ts"
import { longestStall, pause } from "./jobs/loop.ts"
import { openOn } from "./jobs/ours.ts"
import { resultOf, stallsOf } from "./jobs/results.ts"

const jobs = 5000
const rounds = 5

/** Measures what `jobs_sqlite_vs_before` compares. */
export const measure = async (): Promise<ReadonlyArray<Result>> => {
  const folder = mkdtempSync(path.join(tmpdir(), "jobs-sqlite-"))
  const files = [
    // What the driver sets.
    { name: "jobs.sqlite submitted and processed", file: "normal.sqlite", synchronous: "NORMAL" },
    { name: "jobs.sqlite submitted and processed, synchronous = FULL", file: "full.sqlite", synchronous: "FULL" }
  ] as const
  const subjects = await Promise.all(
    files.map(async ({ file, name, synchronous }) => ({
      name,
      ...(await subject(sqlite(path.join(folder, file), synchronous))),
      rates: Array<number>(),
      stalls: Array<number>()
    }))
  )
  for (let round = 0; round <= rounds; round++) {
    for (const { name, rates, stalls, turn } of inTurns(subjects, round)) {
      const { seconds, stallMs } = await turn(name)
      if (round > 0) {
        rates.push(jobs / seconds)
        stalls.push(stallMs)
      }
    }
  }
  for (const { close } of subjects) {
    await close()
  }
  rmSync(folder, { recursive: true })
  return subjects.flatMap(({ name, rates, stalls }) => [
    resultOf(name, "jobs/s", rates),
    resultOf(`${stallsOf("ours")}, ${name.replace("jobs.", "")}`, "ms", stalls)
  ])
}

const sqlite = (filename: string, synchronous: "FULL" | "NORMAL"): Layer.Layer<SqlClient.SqlClient> =>
  Layer.effectDiscard(
    Effect.flatMap(SqlClient.SqlClient, (sql) => sql.unsafe(`PRAGMA synchronous = ${synchronous}`))
  ).pipe(Layer.provideMerge(SqliteClient.layer({ filename })), Layer.orDie)

const subject = async (database: Layer.Layer<SqlClient.SqlClient>) => {
  const queue = await openOn({ database })
  const handled = makeHandled()
  const loop = monitorEventLoopDelay({ resolution: 1 })
  let from = 0
  const turn = async (name: string) => {
    const numbers = { from, jobs }
    from += jobs
    const runner = await queue.run(handled.handle)
    globalThis.gc?.()
    loop.enable()
    await pause(300)
    loop.reset()
    const started = performance.now()
    await queue.submit(numbers)
    await runner.written?.(jobs)
    const seconds = (performance.now() - started) / 1000
    const stallMs = await longestStall(loop)
    loop.disable()
    await runner.stop()
    handled.checkEach(name, numbers)
    return { seconds, stallMs }
  }
  return { turn, close: queue.close }
}
