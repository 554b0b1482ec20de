/** What is a gap in a line, and what only the time between two of its points. */
type Times = ReadonlyArray<number>
type Values = ReadonlyArray<number | null>

/** The longest time between two points that are joined: two and a half times what is usual among the last. */
export const longestBetween = (times: Times, values: Values): number => {
  const known: Array<number> = []
  for (let index = values.length - 1; index >= 0 && known.length < 20; index--) {
    if (values[index] !== null) {
      known.push(times[index] ?? 0)
    }
  }
  const between = known.slice(1).map((time, index) => (known[index] ?? time) - time)
  return 2.5 * (between.sort((one, other) => one - other)[between.length >> 1] ?? 60)
}

export interface Gaps {
  /** From one time to another. */
  readonly gaps: ReadonlyArray<readonly [from: number, to: number]>
  /** The indices of points that no line leads to. */
  readonly alone: Array<number>
}

/** Where a line is broken: between points that are too far apart, whatever is or isn't between them. */
export const gapsOf = (times: Times, values: Values): Gaps => {
  const longest = longestBetween(times, values)
  const gaps: Array<[number, number]> = []
  const alone: Array<number> = []
  let joined = 0
  let last: number | undefined
  const end = (): void => {
    if (last !== undefined && joined === 1) {
      alone.push(last)
    }
    joined = 0
  }
  for (const [index, value] of values.entries()) {
    if (value !== null) {
      const [before, time] = [times[last ?? index] ?? 0, times[index] ?? 0]
      if (time - before > longest) {
        gaps.push([before, time])
        end()
      }
      joined++
      last = index
    }
  }
  end()
  return { gaps, alone }
}
