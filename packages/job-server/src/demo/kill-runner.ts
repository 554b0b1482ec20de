/**
 * Kills a runner while it works, at a moment when its last acknowledged export is exact: no event was logged while that
 * was collected, and every logged event had reached the metrics. What the runner does afterwards is lost, and nothing
 * else.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { attemptTimelines } from "../audit/attempt-timeline.ts"
import { type LogEntry, readEventLog } from "../audit/event-log.ts"
import { type ExportedLength, lastExportedLength } from "../audit/event-log-gauge.ts"
import { seriesOfProcess } from "../audit/process-series.ts"
import type { RunnerProcess } from "../server/runner-processes.ts"
import type { Receiver } from "./receiver.ts"
import { say, type Screen } from "./screen.ts"

/** How long to wait for such a moment, which a very busy machine may not have. */
const searchTimeout = "1 minute"

/** Kills a runner a while after an exact export. It is suspended first, so that it does not export again. */
export const killAfterExport = (
  runner: RunnerProcess,
  { receiver, screen }: { readonly receiver: Receiver; readonly screen: Screen }
): Effect.Effect<void> =>
  Effect.gen(function* () {
    const found = yield* Effect.timeoutOption(suspendAfterExport(runner, receiver), searchTimeout)
    if (Option.isNone(found)) {
      yield* say(
        screen,
        `${runner.name} is killed although none of its exports was exact within ${searchTimeout}. ` +
          "The result may differ by what it did around its last export."
      )
    }
    yield* runner.kill
    yield* say(
      screen,
      `Killed ${runner.name} (process ${runner.pid}). Other runners take over its jobs within seconds.`
    )
  }).pipe(Effect.ensuring(runner.resume))

/** Waits for an exact export, and leaves the runner suspended. */
const suspendAfterExport = (runner: RunnerProcess, receiver: Receiver): Effect.Effect<void> =>
  Effect.gen(function* () {
    let seen = 0n
    while (true) {
      yield* Effect.sleep("30 millis")
      const last = yield* lastExport(runner, receiver)
      if (last.collectedAt === seen) {
        continue
      }
      seen = last.collectedAt
      if (!isExact(last, yield* readEventLog(runner.eventLog))) {
        continue
      }
      // The runner works a little longer, which no export will tell. What it sent before has arrived by the end.
      yield* Effect.sleep("200 millis")
      yield* runner.suspend
      yield* Effect.sleep("200 millis")
      if ((yield* lastExport(runner, receiver)).collectedAt === seen) {
        return
      }
      yield* runner.resume
    }
  })

const lastExport = (runner: RunnerProcess, receiver: Receiver) =>
  Effect.map(receiver.poll, ({ snapshot }) => lastExportedLength(seriesOfProcess(snapshot.series, runner.name)))

/** Whether an export covers exactly the entries before it, and all of these had reached the metrics. */
export const isExact = (
  { collectedAt, entries: count, entriesAtEnd }: ExportedLength,
  entries: ReadonlyArray<LogEntry>
): boolean => {
  const before = entries.filter(({ exportNanos }) => exportNanos < collectedAt)
  return before.length === count && entriesAtEnd === count && isRecorded(before)
}

/** Long enough for the end of a handler to be written, or for its interruption to be recorded. */
const endMs = 500

/**
 * Longer than what was marked as started may wait for a place. The handler of a job that is cancelled in between, or
 * that moves to another runner, never starts.
 */
const startMs = 20_000

/** Whether the handler of every started attempt has started, and none ended just now whose end is not written. */
const isRecorded = (entries: ReadonlyArray<LogEntry>): boolean => {
  const last = entries.at(-1)
  const isRecent = (entry: LogEntry | undefined, ms: number) =>
    last !== undefined && entry !== undefined && last.monotonicMs - entry.monotonicMs < ms
  return [...attemptTimelines(entries).begun.values()].every(
    ({ finished, handlerStarted, settled, started }) =>
      settled !== undefined || (handlerStarted === undefined ? !isRecent(started, startMs) : !isRecent(finished, endMs))
  )
}
