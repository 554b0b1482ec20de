/** Turns as results: jobs a second, ratios of these, and the longest stall. */
import { median, type Result } from "../harness.ts"
import type { Measured } from "./queue-process.ts"
import type { Rounds, Subject } from "./turns.ts"

/** What a subject took, turn by turn. */
export const turnsOf = (rounds: Rounds, subject: Subject): ReadonlyArray<Measured> => {
  const turns = rounds.get(subject) ?? []
  if (turns.length === 0) {
    throw new Error(`nothing was measured of ${subject.name}, ${subject.task}`)
  }
  return turns
}

const ratesOf = (rounds: Rounds, subject: Subject): ReadonlyArray<number> =>
  turnsOf(rounds, subject).map(({ seconds }) => subject.jobs / seconds)

/** The median of what the rounds gave, and its range. */
export const resultOf = (name: string, unit: string, values: ReadonlyArray<number>): Result => ({
  name,
  value: median(values),
  unit,
  samples: values.length,
  range: [Math.min(...values), Math.max(...values)]
})

/** Jobs a second of each subject. */
export const rates = (rounds: Rounds, what: string): ReadonlyArray<Result> =>
  Array.from(rounds.keys(), (subject) => resultOf(`jobs.${what}, ${subject.name}`, "jobs/s", ratesOf(rounds, subject)))

/** The rate of one subject, by that of the fastest of others: the ratio of medians; its range is that of single rounds. */
export const ratioOfRates = (
  name: string,
  rounds: Rounds,
  { of, to }: { readonly of: Subject; readonly to: ReadonlyArray<Subject> }
): Result => {
  const own = ratesOf(rounds, of)
  const peers = to.map((subject) => ratesOf(rounds, subject))
  const best = peers.reduce((left, right) => (median(right) > median(left) ? right : left))
  const single = own.map((rate, round) => rate / (best[round] ?? Number.NaN))
  return { ...resultOf(name, "ratio", single), value: median(own) / median(best) }
}

/** The longest stall in a turn, of each subject. */
export const stalls = (rounds: Rounds, what: string): ReadonlyArray<Result> =>
  Array.from(rounds.keys(), (subject) =>
    resultOf(
      `${stallsOf(subject.queue)}, ${what}, ${subject.name}`,
      "ms",
      turnsOf(rounds, subject).map(({ stallMs }) => stallMs)
    )
  )

/** How the names of a queue's stalls begin. */
export const stallsOf = (queue: string): string => `jobs.longest stall of ${queue}`
