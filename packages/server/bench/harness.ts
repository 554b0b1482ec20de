/**
 * Interleaved rounds: A B C, A C B, C A B, … in one process, so that whatever else the machine does meets every subject
 * alike. A figure is the median over the rounds, a ratio that of two medians.
 */

/** One result of the benchmark. */
export interface Result {
  readonly name: string
  readonly value: number
  readonly unit: string
  /** How many rounds, or measurements, the value is the median of. */
  readonly samples: number
  /** The lowest and the highest value, of several processes or of rounds in which each subject had a process of its own. */
  readonly range?: readonly [number, number]
}

/** What is measured: batches of calls, after which `check` throws unless all of them did what they claim. */
export interface Subject {
  readonly name: string
  readonly run: (calls: number) => void | Promise<void>
  /** Done before each batch, and not measured. */
  readonly prepare?: () => void
  /** Given the number of all calls so far. */
  readonly check: (calls: number) => void | Promise<void>
}

/** How often to measure. */
export interface Rounds {
  readonly rounds: number
  /**
   * What a batch should take. Long enough for the processor's caches to be warm in most of it, and short beside a change in
   * how busy the machine is.
   */
  readonly batchMs: number
  /** Batches before the first that counts: 40 unless given. */
  readonly warmups?: number
  /** `processor` time unless given; `wall` where the figure is a throughput, and waiting is a part of it. */
  readonly clock?: Clock
}

/** Which time is measured. */
export type Clock = "processor" | "wall"

/** Nanoseconds a call in each round, by the name of the subject. */
export type Samples = ReadonlyMap<string, ReadonlyArray<number>>

/** Measures the subjects in turns, and checks what each of them has done. */
export const interleave = async (
  subjects: ReadonlyArray<Subject>,
  { batchMs, clock = "processor", rounds, warmups = 40 }: Rounds
): Promise<Samples> => {
  const turns: Array<Turn> = []
  for (const subject of subjects) {
    turns.push(await warmedUp({ subject, clock, calls: 1, made: 0, nanos: [] }, batchMs, warmups))
  }
  for (let round = 0; round < rounds; round++) {
    for (const turn of inTurns(turns, round)) {
      const calls = Math.max(1, Math.round(turn.calls * sizeIn(round)))
      turn.nanos.push((await batch(turn, calls)) / calls)
    }
  }
  for (const { made, subject } of turns) {
    await subject.check(made)
  }
  return new Map(turns.map(({ nanos, subject }) => [subject.name, nanos]))
}

/** A subject with the size of its batches, how many calls it has made, and what each took in each round. */
interface Turn {
  readonly subject: Subject
  readonly clock: Clock
  calls: number
  made: number
  readonly nanos: Array<number>
}

/** Each is first in its turn, and every second round runs backwards, so that none always comes after the same one. */
export const inTurns = <A>(all: ReadonlyArray<A>, round: number): ReadonlyArray<A> => {
  const first = (round >> 1) % all.length
  const order = [...all.slice(first), ...all.slice(0, first)]
  return round % 2 === 0 ? order : order.reverse()
}

// From 3/4 to 5/4, spread evenly. Where batches are all of one size, collections of young garbage fall on the same moment of
// each, for as long as the process lives: what is alive at that moment, and copied, differs between two equal runners.
const sizeIn = (round: number): number => 0.75 + ((round * goldenRatio) % 1) / 2
const goldenRatio = (Math.sqrt(5) - 1) / 2

const warmedUp = async (turn: Turn, batchMs: number, warmups: number): Promise<Turn> => {
  for (let warmup = 0; warmup < warmups; warmup++) {
    const nanos = Math.max(1, await batch(turn, turn.calls))
    const fitting = (turn.calls * batchMs * 1e6) / nanos
    turn.calls = Math.max(1, Math.round(Math.min(fitting, turn.calls * 4)))
  }
  return turn
}

const batch = (turn: Turn, calls: number): Promise<number> => {
  turn.made += calls
  turn.subject.prepare?.()
  return timed(() => turn.subject.run(calls), turn.clock)
}

/** Collects young garbage, so that a long batch does not begin with what the one before left behind. */
export const collectYoung = (): void => {
  if (globalThis.gc === undefined) {
    throw new Error("run with --expose-gc")
  }
  void globalThis.gc({ type: "minor", execution: "sync" })
}

/**
 * Nanoseconds that a batch takes. Processor time, garbage collection included, is what a call costs, and does not count
 * the time in which something else on the machine had the processor.
 */
export const timed = async (run: () => void | Promise<void>, clock: Clock = "processor"): Promise<number> => {
  const wall = process.hrtime.bigint()
  const start = process.cpuUsage()
  const pending = run()
  if (pending !== undefined) {
    await pending
  }
  const { system, user } = process.cpuUsage(start)
  return clock === "processor" ? (user + system) * 1000 : Number(process.hrtime.bigint() - wall)
}

/** The samples of one subject. */
export const of = (samples: Samples, name: string): ReadonlyArray<number> => {
  const found = samples.get(name)
  if (found === undefined || found.length === 0) {
    throw new Error(`nothing was measured under the name "${name}"`)
  }
  return found
}

/** The middle value, or the mean of the two in the middle. */
export const median = (values: ReadonlyArray<number>): number => {
  const sorted = [...values].sort((left, right) => left - right)
  const middle = sorted.length / 2
  return ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2
}

/** How the median of one subject compares with that of another. */
export const ratio = (
  name: string,
  samples: Samples,
  { of: numerator, to: denominator }: { readonly of: string; readonly to: string }
): Result => {
  const values = of(samples, numerator)
  return { name, value: median(values) / median(of(samples, denominator)), unit: "ratio", samples: values.length }
}

/**
 * How subjects compare that stand for one variant, with those of another: the median over the rounds. What the machine
 * does in a round meets both, and where a subject stands among the others, when each variant is made first and last.
 */
export const pairedRatio = (
  name: string,
  samples: Samples,
  { of: numerators, to: denominators }: { readonly of: ReadonlyArray<string>; readonly to: ReadonlyArray<string> }
): Result => {
  const below = means(samples, denominators)
  const ratios = means(samples, numerators).map((mean, round) => mean / (below[round] ?? Number.NaN))
  return { name, value: median(ratios), unit: "ratio", samples: ratios.length }
}

/**
 * By how many microseconds a call of subjects that stand for one variant takes longer than one of another's: the median
 * over the rounds, as in `pairedRatio`.
 */
export const pairedMicros = (
  name: string,
  samples: Samples,
  { of: left, to: right }: { readonly of: ReadonlyArray<string>; readonly to: ReadonlyArray<string> }
): Result => {
  const below = means(samples, right)
  const differences = means(samples, left).map((mean, round) => (mean - (below[round] ?? Number.NaN)) / 1000)
  return { name, value: median(differences), unit: "us", samples: differences.length }
}

const means = (samples: Samples, names: ReadonlyArray<string>): ReadonlyArray<number> =>
  names
    .map((subject) => of(samples, subject))
    .reduce((left, right) => left.map((one, round) => one + (right[round] ?? 0)))
    .map((sum) => sum / names.length)

/** The medians themselves, to read beside the ratios. */
export const medians = (prefix: string, samples: Samples): ReadonlyArray<Result> =>
  Array.from(samples, ([name, values]) => ({
    name: `${prefix}.${name}`,
    value: median(values),
    unit: "ns",
    samples: values.length
  }))

/** The results of processes that measured the same: the median of each and its range, over all of their samples. */
export const merged = (measured: ReadonlyArray<ReadonlyArray<Result>>): ReadonlyArray<Result> =>
  (measured[0] ?? []).map(({ name, unit }) => {
    const found = measured.flatMap((results) => results.filter((result) => result.name === name))
    const values = found.map(({ value }) => value)
    const samples = found.reduce((sum, result) => sum + result.samples, 0)
    const result = { name, value: median(values), unit, samples }
    return found.length === 1
      ? { ...result, ...found[0] }
      : { ...result, range: [Math.min(...values), Math.max(...values)] }
  })

/** Throws unless a variant recorded what it claims. */
export const claim = (what: string, actual: number, expected: number): void => {
  if (actual !== expected) {
    throw new Error(`${what}: recorded ${actual}, claims ${expected}`)
  }
}
