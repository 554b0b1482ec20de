/** The last export of a stream, which nothing stands in the way of and which ends in time. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type { ExportReport } from "../collect/destination.ts"
import type { Temporality } from "../collect/points/temporality.ts"
import { withinDeadline } from "./deadline.ts"
import { type ExportContext, exportOnce } from "./export.ts"
import type { Sender, SenderFactory } from "./sender.ts"
import { giveUpAll, settled, type UnderWay } from "./under-way.ts"

/** How many requests are under way at once: the deadline is short. */
const lanesAtOnce = 4

/** What the last export needs besides what every export does. */
export interface LastExport {
  readonly context: ExportContext
  readonly temporality: Temporality
  /** What regular exports are sent with. */
  readonly sender: Sender
  readonly makeSender: SenderFactory
  readonly shutdownMs: number
}

/** Ends what is under way, exports once more, and says what became of it. */
export const exportLast = ({ context, makeSender, sender, shutdownMs, temporality }: LastExport): Effect.Effect<void> =>
  Effect.gen(function* () {
    const { oneAtATime, underWay } = context.stream
    // In real time: the clock of a program may be set meanwhile.
    const started = performance.now()
    const lastly = Effect.gen(function* () {
      const left = shutdownMs - (performance.now() - started)
      const deadline = { deadlineMs: Math.max(left, 1), lanes: lanesAtOnce }
      return yield* withinDeadline(makeSender, deadline, (lanes) => exportOnce(context, lanes))
    })
    const report = yield* temporality === "cumulative"
      ? // Sent again while the last export is under way, an older point would come after a newer one.
        Effect.zipRight(sender.finish, lastly)
      : Effect.zipRight(endDeltas(underWay, sender, shutdownMs), inTurn(oneAtATime, shutdownMs / 2, lastly))
    yield* sender.cut("telemetry has ended")
    yield* giveUpAll(yield* Effect.filter(underWay, (one) => one.isLeft))
    yield* logEnd(context.name, report, Math.round(performance.now() - started))
  })

/** Sent again while the first request may still be taken, a delta would be counted twice. */
const endDeltas = (underWay: Iterable<UnderWay>, sender: Sender, shutdownMs: number): Effect.Effect<void> => {
  const wait = Effect.forEach(underWay, ({ fiber }) => settled(fiber, Math.min(1_000, shutdownMs / 4)), {
    concurrency: "unbounded"
  })
  return wait.pipe(Effect.zipRight(sender.cut("telemetry is ending")), Effect.zipRight(giveUpAll(underWay)))
}

/** Waits for its turn, but not for long. */
const inTurn = <A>(oneAtATime: Effect.Semaphore, ms: number, one: Effect.Effect<A>): Effect.Effect<A> =>
  Effect.gen(function* () {
    const turn = yield* Effect.forkDaemon(Effect.interruptible(oneAtATime.take(1)))
    yield* settled(turn, ms)
    const done = yield* one
    yield* Effect.forkDaemon(
      Effect.flatMap(Fiber.interrupt(turn), (exit) => (Exit.isSuccess(exit) ? oneAtATime.release(1) : Effect.void))
    )
    return done
  })

const logEnd = (name: string, { failures, points, rejected }: ExportReport, ms: number): Effect.Effect<void> => {
  const count = `${points} points`
  return failures.length === 0
    ? Effect.logInfo(`The final export to ${name} was acknowledged: ${count}${rejections(rejected)} in ${ms} ms`)
    : Effect.logWarning(
        `The final export to ${name} was not acknowledged: ${failures.join("; ")}; ` +
          `${points === 0 ? "nothing" : count} arrived in ${ms} ms`
      )
}

const rejections = (rejected: number): string => (rejected === 0 ? "" : ` (${rejected} more were rejected)`)
