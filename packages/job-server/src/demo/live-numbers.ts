/** The numbers of a server that stays up, as the receiver has them: below the log on a terminal, elsewhere in lines. */
import { catalogue, type Row } from "@parametric-portal/server/observe/catalogue"
import type { Series } from "@parametric-portal/dashboard/receiver"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type { Scope } from "effect/Scope"
import { receivedSeries } from "../audit/received.ts"
import type { Receiver } from "./receiver.ts"
import type { Screen } from "./screen.ts"

const { completions, deadLettered, enqueued, inFlight, queueDepth } = catalogue.jobs
const rows: ReadonlyArray<Row> = [enqueued, completions, deadLettered, queueDepth, inFlight]

/** One line of what was received. */
export const numbersOf = (series: ReadonlyArray<Series>): string => {
  const received = [...receivedSeries(rows, series, () => false).values()]
  const total = ({ name }: Row) => received.reduce((sum, one) => (one.name === name ? sum + one.count : sum), 0)
  return (
    `${total(enqueued)} jobs accepted, ${total(completions)} completed, ${total(deadLettered)} dead-lettered; ` +
    `${total(queueDepth)} in the queue, ${total(inFlight)} in flight`
  )
}

/** Keeps the line that is shown while no job is under way; without a terminal it is said when it changes. */
export const followNumbers = (
  screen: Screen,
  receiver: Receiver,
  shown: { numbers?: string }
): Effect.Effect<void, never, Scope> =>
  Effect.map(receiver.poll, ({ lost, snapshot }): void => {
    const numbers = numbersOf(snapshot.series)
    if (lost !== undefined || numbers === shown.numbers) {
      return
    }
    shown.numbers = numbers
    if (!screen.isTerminal) {
      screen.line(numbers)
    }
  }).pipe(Effect.repeat(Schedule.spaced("1 second")), Effect.forkScoped, Effect.asVoid)
