/** Exports the records of one signal: when a batch is full, when its time has come, when asked to, and at the end. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type Destination, type ExportReport, withoutDefects } from "../collect/destination.ts"
import type { QueueSettings } from "../config/signal-settings.ts"
import { type OnDrop, RecordQueue } from "./record-queue.ts"
import type { RecordSink } from "./record-sink.ts"

/** What the exporter of a signal needs. */
export interface RecordExporterOptions<A> extends QueueSettings {
  /** For people: `Spans`, `Log records`. */
  readonly what: string
  readonly charactersOf: (record: A) => number
  readonly sink: (queue: RecordQueue<A>) => Effect.Effect<RecordSink>
  /** Told how many records were dropped as too much waited. */
  readonly overflowed: OnDrop
  /** Told of what is recorded when nothing is exported any more. */
  readonly tooLate: () => void
  /** Asked as the end begins: what is wrong where nothing was recorded. */
  readonly doubt: () => string | undefined
}

/** A signal that is exported. */
export interface RecordExporter<A> {
  readonly destination: Destination
  readonly add: (record: A) => void
}

/** Long lines fill the memory before they are many. */
const mostCharacters = 32 * 1024 * 1024

/** As much text is a batch, however few records have it. */
const batchCharacters = 1024 * 1024

/** Exports for as long as the scope is open; what is recorded later comes with the last export. */
export const makeRecordExporter = <A>(
  options: RecordExporterOptions<A>
): Effect.Effect<RecordExporter<A>, never, Scope.Scope> =>
  Effect.gen(function* () {
    const { charactersOf, delayMs, doubt, maxBatchSize, maxQueueSize, overflowed, tooLate, what } = options
    const full = yield* Effect.makeLatch(false)
    const queue = new RecordQueue<A>({ records: maxQueueSize, characters: mostCharacters, charactersOf }, overflowed)
    const sink = yield* options.sink(queue)
    let isOver = false
    const end = Effect.gen(function* () {
      const started = performance.now()
      // Before telemetry says anything itself, which may go through its own logger.
      const wrong = doubt()
      const report = yield* sink.last
      const ms = Math.round(performance.now() - started)
      yield* logEnd(`The final export of ${what.toLowerCase()} to ${sink.name}`, { ...report, left: queue.size, ms })
      yield* wrong === undefined ? Effect.void : Effect.logWarning(wrong)
      isOver = true
    })
    const destination = withoutDefects({ stream: streamOf(what), name: sink.name, export: sink.export, end })
    yield* Effect.forkScoped(Effect.forever(regular(queue, { destination, delayMs, full, pauseMs: sink.pauseMs })))
    // What has waited for its time has no one to wait for any more.
    yield* Effect.addFinalizer(() => Effect.when(Effect.forkDaemon(destination.export), () => queue.size > 0))
    return {
      destination,
      add: (record) => {
        if (isOver) {
          return tooLate()
        }
        queue.add(record)
        if (queue.size >= maxBatchSize || queue.characters >= batchCharacters) {
          full.unsafeOpen()
        }
      }
    }
  })

let made = 0

/** Two exporters have two queues, also where they export to one address: each has an end of its own. */
const streamOf = (what: string): string => `${what} ${++made}`

interface Pace {
  readonly destination: Destination
  readonly delayMs: number
  /** Opened where a batch waits. */
  readonly full: Effect.Latch
  readonly pauseMs: () => number
}

/** One wait and one export. After a failure, what waits for the next one does not bring it nearer. */
const regular = <A>(queue: RecordQueue<A>, { delayMs, destination, full, pauseMs }: Pace): Effect.Effect<void> =>
  Effect.gen(function* () {
    yield* Effect.raceFirst(full.await, Effect.sleep(delayMs))
    yield* full.close
    if (queue.size > 0) {
      const { failures } = yield* destination.export
      if (failures.length > 0) {
        yield* Effect.sleep(Math.max(delayMs, pauseMs()))
      }
    }
  })

interface End extends ExportReport {
  readonly left: number
  readonly ms: number
}

const logEnd = (subject: string, { failures, left, ms, points, rejected, requests }: End): Effect.Effect<void> => {
  if (failures.length > 0) {
    const arrived = `${points} arrived and ${left + rejected} did not, in ${ms} ms`
    return Effect.logWarning(`${subject} was not acknowledged: ${failures.join("; ")}; ${arrived}`)
  }
  const more = rejected === 0 ? "" : ` (${rejected} more were rejected)`
  return Effect.logInfo(
    requests === 0 ? `${subject} had nothing left to send` : `${subject} was acknowledged: ${points}${more} in ${ms} ms`
  )
}
