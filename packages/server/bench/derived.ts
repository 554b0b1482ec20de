/** Figures that are made of the results of several families, or of two checkouts. */
import type { Result } from "./harness.ts"
import { stallsOf } from "./jobs/results.ts"

/** What follows from the results of this checkout, and of another where there is one. */
export const derived = (results: ReadonlyArray<Result>, against: ReadonlyArray<Result>): ReadonlyArray<Result> => [
  ...longestStall(results),
  ...sqliteVsBefore(results, against)
]

/** The worst of all tasks of ours. Each is the median of its rounds; the range goes up to the worst round. */
const longestStall = (results: ReadonlyArray<Result>): ReadonlyArray<Result> => {
  const stalls = results.filter(({ name }) => name.startsWith(`${stallsOf("ours")},`))
  if (stalls.length === 0) {
    return []
  }
  const bounds = stalls.flatMap(({ range, value }) => range ?? [value])
  return [
    {
      name: "jobs_longest_stall_ms",
      value: Math.max(...stalls.map(({ value }) => value)),
      unit: "ms",
      samples: stalls.reduce((sum, { samples }) => sum + samples, 0),
      range: [Math.min(...bounds), Math.max(...bounds)]
    }
  ]
}

const sqliteVsBefore = (results: ReadonlyArray<Result>, against: ReadonlyArray<Result>): ReadonlyArray<Result> => {
  const found = (all: ReadonlyArray<Result>) => all.find(({ name }) => name === "jobs.sqlite submitted and processed")
  const now = found(results)
  const before = found(against)
  return now === undefined || before === undefined
    ? []
    : [{ name: "jobs_sqlite_vs_before", value: now.value / before.value, unit: "ratio", samples: now.samples }]
}
