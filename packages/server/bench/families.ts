/** The families of measurements, as data. */

/** A family: the file that measures it, and in how many processes. */
export interface FamilyPlan {
  readonly name: string
  /** The beginning of the names of its figures. */
  readonly figures: string
  /**
   * How many processes measure it one after the other; a result is the median of theirs. More than one where a result
   * depends on the process: a small difference on what it happened to compile, the reading of much memory on where that
   * lies. A ratio of `track` differs by 0.04 from one process to the next (standard deviation), so seven know it to 0.02.
   */
  readonly processes: number
}

export const families: ReadonlyArray<FamilyPlan> = [
  { name: "track", figures: "track_", processes: 7 },
  { name: "record", figures: "record_", processes: 3 },
  { name: "collect", figures: "collect_", processes: 5 },
  { name: "export", figures: "export_", processes: 1 },
  { name: "spans", figures: "spans_", processes: 3 },
  { name: "logs", figures: "logs_", processes: 5 },
  { name: "outage", figures: "outage_", processes: 1 },
  { name: "cardinality", figures: "cardinality_", processes: 1 },
  { name: "cluster", figures: "cluster_", processes: 5 },
  { name: "import", figures: "import_", processes: 1 },
  { name: "jobs-cost", figures: "jobs_", processes: 5 },
  { name: "jobs", figures: "jobs.", processes: 1 }
]

/** The families that names ask for: a family, the beginning of one (`jobs`), or a figure; all of them without names. */
export const familiesFor = (names: ReadonlyArray<string>): ReadonlyArray<FamilyPlan> => {
  const unknown = names.find((name) => !families.some((family) => isAskedFor(family, name)))
  if (unknown !== undefined) {
    throw new Error(`no family "${unknown}": the families are ${families.map(({ name }) => name).join(", ")}`)
  }
  return names.length === 0 ? families : families.filter((family) => names.some((name) => isAskedFor(family, name)))
}

const isAskedFor = ({ figures, name }: FamilyPlan, asked: string): boolean =>
  asked === name || name.startsWith(`${asked}-`) || asked.startsWith(figures)
