/** Sending that ends at a deadline. */
import * as Effect from "effect/Effect"
import { afterReading } from "./in-flight.ts"
import type { Sender, SenderFactory } from "./sender.ts"

/** How long, and over how many connections at once. */
export interface Deadline {
  readonly deadlineMs: number
  readonly lanes: number
}

/**
 * Sends over fresh connections, which are cut at the deadline. Nothing is interrupted: this runs in finalizers, where
 * nothing can be. The deadline is one of the wire, in real time.
 */
export const withinDeadline = <A>(
  makeSender: SenderFactory,
  { deadlineMs, lanes: count }: Deadline,
  send: (lanes: ReadonlyArray<Sender>) => Effect.Effect<A>
): Effect.Effect<A> =>
  Effect.acquireUseRelease(
    Effect.sync(() => {
      const lanes = Array.from({ length: count }, () => makeSender(deadlineMs, true))
      const cut = cutAll(lanes, `no answer within the deadline of ${Math.round(deadlineMs)} ms`)
      return { lanes, timer: afterReading(deadlineMs, () => Effect.runSync(cut)) }
    }),
    ({ lanes }) => send(lanes),
    ({ lanes, timer }) =>
      Effect.zipRight(
        Effect.sync(() => clearTimeout(timer)),
        cutAll(lanes, "telemetry has ended")
      )
  )

const cutAll = (senders: ReadonlyArray<Sender>, why: string): Effect.Effect<void> =>
  Effect.forEach(senders, (sender) => sender.cut(why), { discard: true })
