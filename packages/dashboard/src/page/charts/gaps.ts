/** What is a gap in a line, and what only the time between two of its points. */
type Values = ArrayLike<number | null | undefined>

const isKnown = (value: number | null | undefined): value is number => value !== null && value !== undefined

/** The longest time between two points that are joined: two and a half times what is usual among the last. */
export const longestBetween = (times: ReadonlyArray<number>, values: Values): number => {
  const known: Array<number> = []
  for (let index = values.length - 1; index >= 0 && known.length < 20; index--) {
    if (isKnown(values[index])) {
      known.push(times[index] ?? 0)
    }
  }
  const between = known.slice(1).map((time, index) => (known[index] ?? time) - time)
  return 2.5 * (between.sort((one, other) => one - other)[between.length >> 1] ?? 60)
}

/** The points that no line leads to, so that they are drawn as dots. */
export const isolated = (values: Values): Array<number> =>
  Array.from(values, (value, index) =>
    isKnown(value) && !isKnown(values[index - 1]) && !isKnown(values[index + 1]) ? [index] : []
  ).flat()
