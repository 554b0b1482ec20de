/** How many values labels have: what makes many series. */
type Labels = Readonly<Record<string, string>>

export interface Cardinality {
  readonly label: string
  readonly values: number
  /** The series that have the label. */
  readonly series: number
}

/** The labels of these series, the one with the most values first. */
export const cardinality = (series: Iterable<Labels>): ReadonlyArray<Cardinality> => {
  const found = new Map<string, { readonly values: Set<string>; series: number }>()
  for (const labels of series) {
    for (const [label, value] of Object.entries(labels)) {
      const one = found.get(label) ?? { values: new Set(), series: 0 }
      one.values.add(value)
      one.series++
      found.set(label, one)
    }
  }
  return [...found]
    .map(([label, { series: count, values }]) => ({ label, values: values.size, series: count }))
    .sort((one, other) => other.values - one.values || other.series - one.series || (one.label < other.label ? -1 : 1))
}

const mostLines = 12

/** The label by which a metric is told apart best: with the most values that can still be drawn, or the fewest if none can. */
export const bestLabel = (labels: ReadonlyArray<Cardinality>): string => {
  const several = labels.filter(({ values }) => values > 1)
  return (several.find(({ values }) => values <= mostLines) ?? several.at(-1))?.label ?? ""
}
