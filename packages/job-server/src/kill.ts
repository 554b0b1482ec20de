/**
 * Killing a runner in the middle of its work, at a moment from which it is known exactly what its last acknowledged
 * export counts: nothing was written into its ledger while that was collected, and nothing was on its way.
 */
import * as Effect from "effect/Effect"
import { attemptsOf } from "./attempt-story.ts"
import type { Runner } from "./fleet.ts"
import { type Entry, readLedger } from "./ledger.ts"
import { ledgerExportOf, type LedgerExport } from "./ledger-gauge.ts"
import { seriesOf, type WatchedReceiver } from "./receiver.ts"
import { say, type Screen } from "./screen.ts"

/** Kills a runner some time after an export of its. It is held still first, so that no other export comes between. */
export const killAfterExport = (
  runner: Runner,
  { receiver, screen }: { readonly receiver: WatchedReceiver; readonly screen: Screen }
): Effect.Effect<void> =>
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
      if ((yield* lastExport(runner, receiver)).collectedAt === seen) break
      yield* runner.release
    }
    yield* runner.kill
    yield* say(screen, `${runner.name} (process ${runner.pid}) was killed. Its work goes on elsewhere within seconds.`)
  }).pipe(Effect.onInterrupt(() => runner.release))

const lastExport = (runner: Runner, receiver: WatchedReceiver) =>
  Effect.map(receiver.look, ({ snapshot }) => ledgerExportOf(seriesOf(snapshot.series, runner.name)))

/** Nothing was written while the export was collected, and nothing was on its way from ledger to metric. */
export const isExact = ({ collectedAt, entries: count }: LedgerExport, entries: ReadonlyArray<Entry>): boolean => {
  const before = entries.filter(({ stamp }) => stamp < collectedAt)
  return before.length === count && isClear(before)
}

/** Half a second is long enough for a handler that was interrupted to be recorded. */
const stepMs = 500

/** Every attempt that was claimed has begun, and none was cancelled just now: nothing is on its way from ledger to metric. */
const isClear = (entries: ReadonlyArray<Entry>): boolean => {
  const last = entries.at(-1)
  const stories = attemptsOf(entries)
  const isBegun = [...stories.values()].every(({ began, settled }) => began !== undefined || settled !== undefined)
  const isRecent = ({ at }: Entry) => last !== undefined && last.at - at < stepMs
  const isCancelled = entries.some(
    (entry) => entry.what._tag === "Finished" && entry.what.outcome === "interrupted" && isRecent(entry)
  )
  return isBegun && !isCancelled
}
