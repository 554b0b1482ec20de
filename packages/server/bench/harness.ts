/**
 * Interleaved rounds: A B C, B C A, C A B, … in one process, so that whatever else the machine does meets every subject
 * alike. A figure is the median over the rounds; a ratio is the median of the ratios within each round.
 */

/** One result of the benchmark. */
export interface Result {
  readonly name: string
  readonly value: number
  readonly unit: string
  /** How many rounds, or measurements, the value is the median of. */
  readonly samples: number
}

/** What is measured: a batch of calls, after which `check` throws unless the calls did what they claim. */
export interface Subject {
  readonly name: string
  readonly run: (calls: number) => void | Promise<void>
  /** Given the number of all calls so far. */
  readonly check: (calls: number) => void | Promise<void>
}

/** How often to measure. */
export interface Rounds {
  readonly rounds: number
  readonly warmups: number
  /** Calls of each subject in a round. */
  readonly calls: number
}

/** Nanoseconds a call in each round, by the name of the subject. */
export type Samples = ReadonlyMap<string, ReadonlyArray<number>>

/** Measures the subjects in turns, and checks what each of them has done. */
export const interleave = async (
  subjects: ReadonlyArray<Subject>,
  { calls, rounds, warmups }: Rounds
): Promise<Samples> => {
  const samples = new Map<string, Array<number>>(subjects.map(({ name }) => [name, []]))
  for (let round = -warmups; round < rounds; round++) {
    for (let turn = 0; turn < subjects.length; turn++) {
      const subject = subjects[(turn + round + warmups) % subjects.length]
      if (subject === undefined) continue
      const nanos = await timed(() => subject.run(calls))
      if (round >= 0) samples.get(subject.name)?.push(nanos / calls)
    }
  }
  for (const subject of subjects) await subject.check(calls * (rounds + warmups))
  return samples
}

/** Nanoseconds that a batch takes. */
export const timed = async (batch: () => void | Promise<void>): Promise<number> => {
  const start = process.hrtime.bigint()
  const pending = batch()
  if (pending !== undefined) await pending
  return Number(process.hrtime.bigint() - start)
}

/** The samples of one subject. */
export const of = (samples: Samples, name: string): ReadonlyArray<number> => {
  const found = samples.get(name)
  if (found === undefined || found.length === 0) throw new Error(`nothing was measured under the name "${name}"`)
  return found
}

/** The middle value, or the mean of the two in the middle. */
export const median = (values: ReadonlyArray<number>): number => {
  const sorted = [...values].sort((left, right) => left - right)
  const middle = sorted.length / 2
  return ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2
}

/** The result of how one subject compares with another, round by round. */
export const ratio = (
  name: string,
  samples: Samples,
  { of: numerator, to: denominator }: { readonly of: string; readonly to: string }
): Result => {
  const below = of(samples, denominator)
  const ratios = of(samples, numerator).map((value, round) => value / (below[round] ?? Number.NaN))
  return { name, value: median(ratios), unit: "ratio", samples: ratios.length }
}

/** The medians themselves, to read beside the ratios. */
export const medians = (prefix: string, samples: Samples): ReadonlyArray<Result> =>
  Array.from(samples, ([name, values]) => ({
    name: `${prefix}.${name}`,
    value: median(values),
    unit: "ns",
    samples: values.length
  }))

/** Throws unless a variant recorded what it claims. */
export const claim = (what: string, actual: number, expected: number): void => {
  if (actual !== expected) throw new Error(`${what}: recorded ${actual}, claims ${expected}`)
}
