/**
 * Killing a runner in the middle of its work, at a moment from which it is known exactly what its last acknowledged
 * export counts: nothing was written into its ledger while that was collected, and nothing was on its way.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { attemptsOf } from "../audit/attempt-timeline.ts"
import type { Runner } from "../server/runner-processes.ts"
import { type Entry, readLedger } from "../audit/event-log.ts"
import { ledgerExportOf, type LedgerExport } from "../audit/event-log-gauge.ts"
import { seriesOf, type WatchedReceiver } from "./receiver.ts"
import { say, type Screen } from "./screen.ts"

/** How long to look for such a moment; on a machine that is too busy to have one the runner is killed all the same. */
const patience = "1 minute"

/** Kills a runner some time after an export of its. It is held still first, so that no other export comes between. */
export const killAfterExport = (
  runner: Runner,
  { receiver, screen }: { readonly receiver: WatchedReceiver; readonly screen: Screen }
): Effect.Effect<void> =>
  Effect.gen(function* () {
    const isFound = yield* Effect.timeoutOption(holdAfterExport(runner, receiver), patience)
    if (Option.isNone(isFound)) {
      yield* say(
        screen,
        `In ${patience} there was no moment at which the last export of ${runner.name} is known to the last entry. ` +
          "It is killed all the same, and what it did about then may be seen as a difference."
      )
    }
    yield* runner.kill
    yield* say(screen, `${runner.name} (process ${runner.pid}) was killed. Its work goes on elsewhere within seconds.`)
  }).pipe(Effect.ensuring(runner.release))

/** Waits for such a moment, and leaves the runner held still. */
const holdAfterExport = (runner: Runner, receiver: WatchedReceiver): Effect.Effect<void> =>
  Effect.gen(function* () {
    let seen = 0n
    while (true) {
      yield* Effect.sleep("30 millis")
      const last = yield* lastExport(runner, receiver)
      if (last.collectedAt === seen) continue
      seen = last.collectedAt
      if (!isExact(last, yield* readLedger(runner.ledger))) continue
      // It does some work that no export will tell of; then it is held still, and what it had sent arrives.
      yield* Effect.sleep("200 millis")
      yield* runner.hold
      yield* Effect.sleep("200 millis")
      if ((yield* lastExport(runner, receiver)).collectedAt === seen) return
      yield* runner.release
    }
  })

const lastExport = (runner: Runner, receiver: WatchedReceiver) =>
  Effect.map(receiver.look, ({ snapshot }) => ledgerExportOf(seriesOf(snapshot.series, runner.name)))

/** Nothing was written while the export was collected, and nothing was on its way from ledger to metric. */
export const isExact = ({ collectedAt, entries: count }: LedgerExport, entries: ReadonlyArray<Entry>): boolean => {
  const before = entries.filter(({ stamp }) => stamp < collectedAt)
  return before.length === count && isClear(before)
}

/** Half a second is long enough for a handler that was interrupted to be recorded. */
const stepMs = 500

/**
 * A handler begins at once after its claim, and on a busy machine within seconds. A job that was cancelled between the
 * two, or whose lane went elsewhere then, never begins: to wait for that would be to wait for ever.
 */
const beginMs = 5_000

/** Every attempt that was claimed has begun, and none was cancelled just now: nothing is on its way from ledger to metric. */
const isClear = (entries: ReadonlyArray<Entry>): boolean => {
  const last = entries.at(-1)
  const stories = attemptsOf(entries)
  const isYounger = ({ at }: Entry, ms: number) => last !== undefined && last.at - at < ms
  const isBegun = [...stories.values()].every(
    ({ began, claimed, settled }) => began !== undefined || settled !== undefined || !isYounger(claimed, beginMs)
  )
  const isCancelled = entries.some(
    (entry) => entry.what._tag === "Finished" && entry.what.outcome === "interrupted" && isYounger(entry, stepMs)
  )
  return isBegun && !isCancelled
}
