/** The families of measurements, as data. */

/** A family: the file that measures it, and in how many processes. */
export interface FamilyPlan {
  readonly name: string
  /** How the names of its figures begin. */
  readonly figures: ReadonlyArray<string>
  /**
   * How many processes measure it one after the other; a result is the median of theirs. More than one where a result
   * depends on the process: a small difference on what it happened to compile, the reading of much memory on where that
   * lies. A ratio of `track` differs by 0.04 from one process to the next (standard deviation), so seven know it to 0.02.
   */
  readonly processes: number
  /** Not measured of another checkout, which may lack its peers, or what of the library it measures. */
  readonly isOwnOnly?: boolean
  /** Measured only if it, or its figure, is asked for by its whole name: it takes many minutes. */
  readonly isApart?: boolean
}

/** What several of them are measured for. */
const stall = "jobs_longest_stall_ms"

export const families: ReadonlyArray<FamilyPlan> = [
  { name: "track", figures: ["track_"], processes: 7 },
  { name: "record", figures: ["record_"], processes: 3 },
  { name: "exemplars", figures: ["exemplar_"], processes: 3 },
  { name: "collect", figures: ["collect_"], processes: 5 },
  { name: "export", figures: ["export_"], processes: 1 },
  { name: "spans", figures: ["spans_"], processes: 3 },
  { name: "logs", figures: ["logs_"], processes: 5 },
  { name: "outage", figures: ["outage_"], processes: 1 },
  { name: "cardinality", figures: ["cardinality_"], processes: 1 },
  { name: "cluster", figures: ["cluster_"], processes: 5 },
  { name: "sql", figures: ["sql_"], processes: 1, isOwnOnly: true },
  { name: "runtime", figures: ["runtime_"], processes: 1, isOwnOnly: true },
  { name: "http", figures: ["http_"], processes: 3, isOwnOnly: true },
  { name: "import", figures: ["import_"], processes: 1 },
  { name: "jobs-submit", figures: ["jobs_submit_", stall], processes: 1, isOwnOnly: true },
  { name: "jobs-process", figures: ["jobs_process_", stall], processes: 1, isOwnOnly: true },
  { name: "jobs-latency", figures: ["jobs_start_latency_"], processes: 1, isOwnOnly: true },
  { name: "jobs-sqlite", figures: ["jobs_sqlite_", stall], processes: 1 },
  { name: "jobs-runners", figures: ["jobs_runners_"], processes: 1, isOwnOnly: true },
  { name: "jobs-depth", figures: ["jobs_depth_", stall], processes: 1, isOwnOnly: true },
  { name: "jobs-list", figures: ["jobs_list_", "jobs_summary_"], processes: 1, isOwnOnly: true },
  { name: "jobs-cost", figures: ["jobs_metrics_"], processes: 5, isOwnOnly: true },
  {
    name: "page",
    figures: ["page_gzip_", "page_first_", "page_frame_", "page_tick_", "page_viewer_"],
    processes: 1,
    isOwnOnly: true
  },
  { name: "page-memory", figures: ["page_memory_"], processes: 1, isOwnOnly: true, isApart: true }
]

/** The families that names ask for: a family, the beginning of one (`jobs`), or a figure; all of them without names. */
export const familiesFor = (names: ReadonlyArray<string>): ReadonlyArray<FamilyPlan> => {
  const unknown = names.find((name) => !families.some((family) => isAskedFor(family, name)))
  if (unknown !== undefined) {
    throw new Error(`no family "${unknown}": the families are ${families.map(({ name }) => name).join(", ")}`)
  }
  return names.length === 0
    ? families.filter(({ isApart }) => isApart !== true)
    : families.filter((family) => names.some((name) => isAskedFor(family, name)))
}

const isAskedFor = ({ figures, isApart, name }: FamilyPlan, asked: string): boolean =>
  asked === name ||
  (isApart !== true && name.startsWith(`${asked}-`)) ||
  figures.some((beginning) => asked.startsWith(beginning))
