/** What each figure has to reach, and what to aim for after that. */

/** A figure that must be reached. */
export interface Figure {
  readonly name: string
  readonly better: "more" | "less"
  readonly reach: number
  readonly aim: number
}

const less = (name: string, reach: number, aim: number): Figure => ({ name, better: "less", reach, aim })

export const figures: ReadonlyArray<Figure> = [
  { name: "track_speedup_vs_original", better: "more", reach: 10, aim: 15 },
  less("track_vs_prom_client", 0.9, 0.6),
  less("track_vs_otel_api", 0.5, 0.3),
  less("track_vs_effect_floor", 1.5, 1.2),
  less("track_failure_vs_floor", 1.6, 1.25),
  less("track_interrupt_vs_floor", 1.6, 1.25),
  less("record_bound_ns_vs_raw", 1.5, 1),
  less("collect_10k_vs_otel_sdk", 1.5, 0.8),
  less("collect_10k_vs_bridge", 0.25, 0.1),
  less("collect_scaling", 1.3, 1),
  less("export_100k_max_stall_ms", 50, 20),
  less("cardinality_1m_heap_mb", 16, 4),
  less("cluster_memory_overhead", 1.1, 1.04),
  less("cluster_sqlite_overhead", 1.03, 1.01),
  less("jobs_metrics_cost", 1.03, 1.01),
  less("import_cost_ms_vs_effect", 1.15, 1.05)
]

/** How a value stands to its figure. */
export const verdict = ({ aim, better, reach }: Figure, value: number): "aimed" | "reached" | "missed" => {
  const meets = (bound: number): boolean => (better === "more" ? value >= bound : value <= bound)
  return meets(aim) ? "aimed" : meets(reach) ? "reached" : "missed"
}
