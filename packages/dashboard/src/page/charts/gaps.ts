/** What is a gap in a line, and what only the time between two of its points. */

/** The longest time between two points that are joined: two and a half times what is usual among the last. */
export const longestBetween = (times: ReadonlyArray<number>, values: ReadonlyArray<number | null>): number => {
  const known: Array<number> = []
  for (let index = values.length - 1; index >= 0 && known.length < 20; index--) {
    if (values[index] !== null) {
      known.push(times[index] ?? 0)
    }
  }
  const between = known.slice(1).map((time, index) => (known[index] ?? time) - time)
  return 2.5 * (between.sort((one, other) => one - other)[between.length >> 1] ?? 60)
}

/** The index of the time that is closest to another; `undefined` where there is none. */
export const nearest = (times: ReadonlyArray<number>, time: number): number | undefined => {
  const after = times.findIndex((one) => one >= time)
  const index = after === -1 ? times.length - 1 : after
  const before = times[index - 1]
  return times.length === 0
    ? undefined
    : before !== undefined && time - before < Math.abs((times[index] ?? time) - time)
      ? index - 1
      : index
}
