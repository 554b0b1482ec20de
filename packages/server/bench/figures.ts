/** What each figure has to reach, and what to aim for after that: the one place for both. */
import type { Result } from "./harness.ts"

/** A figure that must be reached. */
export interface Figure {
  readonly name: string
  readonly better: "more" | "less"
  readonly reach: number
  /** None where the value to reach is all that was asked for. */
  readonly aim?: number
}

const less = (name: string, reach: number, aim?: number): Figure => ({
  name,
  better: "less",
  reach,
  ...(aim === undefined ? {} : { aim })
})

const more = (name: string, reach: number, aim: number): Figure => ({ name, better: "more", reach, aim })

export const figures: ReadonlyArray<Figure> = [
  less("track_vs_on_exit", 1.35, 1.15),
  less("track_failure_vs_on_exit", 1.35, 1.15),
  less("track_interrupt_vs_on_exit", 1.35, 1.15),
  less("track_vs_prom_client", 0.45),
  less("track_vs_otel_api", 0.25),
  more("track_speedup_vs_original", 10, 15),
  less("record_bound_ns_vs_raw", 1.5, 1),
  less("record_exponential_ns_vs_otel", 1, 0.7),
  less("exemplar_cost_ns", 70),
  less("collect_10k_vs_otel_sdk", 1.5, 0.8),
  less("collect_10k_idle_vs_otel_sdk", 1),
  less("collect_10k_vs_bridge", 0.25, 0.1),
  less("collect_scaling", 1.3, 1),
  less("export_100k_max_stall_ms", 50, 20),
  less("spans_vs_otel", 1.1, 0.8),
  less("logs_vs_otel", 1.1, 0.8),
  less("outage_heap_mb", 8),
  less("cardinality_1m_heap_mb", 16, 4),
  less("cluster_memory_overhead", 1.1, 1.04),
  less("cluster_sqlite_overhead", 1.03, 1.01),
  less("http_server_overhead", 1.05, 1.02),
  less("http_vs_otel", 0.5, 0.25),
  more("jobs_submit_vs_best_peer", 3, 5),
  more("jobs_submit_tx_vs_best_peer", 1, 1.4),
  more("jobs_submit_many_vs_pg_boss", 1, 2),
  more("jobs_process_vs_graphile", 5, 10),
  more("jobs_process_vs_graphile_local_queue", 0.7, 1),
  more("jobs_process_vs_bullmq", 1.5, 3),
  less("jobs_start_latency_vs_graphile", 1.2, 1),
  more("jobs_sqlite_vs_before", 8, 15),
  more("jobs_runners_scaling", 1, 1.1),
  more("jobs_depth_scaling", 0.9, 0.95),
  less("jobs_list_1m_ms", 100, 30),
  less("jobs_metrics_us", 3, 1.5),
  less("jobs_longest_stall_ms", 20, 12),
  less("sql_overhead_vs_otel", 0.5, 0.25),
  less("runtime_idle_cpu", 0.5, 0.25),
  less("import_cost_ms_vs_effect", 1.15, 1.05),
  less("page_gzip_kb", 60, 40),
  less("page_first_picture_ms", 300, 150),
  less("page_frame_p95_ms", 33, 17),
  less("page_tick_kb", 60, 40),
  less("page_viewer_cpu_percent", 6, 4),
  less("page_memory_mb_per_hour", 5, 1)
]

/** A result beside what it has to reach, where it is a figure, and beside that of another checkout. */
export interface Entry extends Result, Partial<Omit<Figure, "name">> {
  readonly verdict?: Verdict
  readonly against?: Result & { readonly ratio: number }
}

/** How a value stands to its figure. */
export type Verdict = "aim met" | "met" | "missed"

/** The figures in their order, then everything else that was measured. */
export const entries = (results: ReadonlyArray<Result>, against: ReadonlyArray<Result> = []): ReadonlyArray<Entry> => {
  const asked = figures.flatMap((figure) => results.filter(({ name }) => name === figure.name))
  const rest = results.filter((result) => !asked.includes(result))
  return [...asked, ...rest].map((result) => {
    const figure = figures.find(({ name }) => name === result.name)
    const other = against.find(({ name }) => name === result.name)
    return {
      ...result,
      ...(figure === undefined ? {} : { ...figure, verdict: verdict(figure, result.value) }),
      ...(other === undefined ? {} : { against: { ...other, ratio: result.value / other.value } })
    }
  })
}

const verdict = ({ aim, better, reach }: Figure, value: number): Verdict => {
  const meets = (bound: number): boolean => (better === "more" ? value >= bound : value <= bound)
  if (aim !== undefined && meets(aim)) {
    return "aim met"
  }
  return meets(reach) ? "met" : "missed"
}
