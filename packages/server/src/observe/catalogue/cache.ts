/** The metrics of Effect's caches: `Cache` and `ScopedCache`. */
import { failedOutcomes } from "./outcome.ts"
import type { Rows } from "./row.ts"

export const cache = {
  entries: {
    name: "cache_entries",
    kind: "gauge",
    unit: "{entry}",
    labels: ["cache"],
    help: "Entries of a cache."
  },
  hits: {
    name: "cache_hits_total",
    kind: "counter",
    unit: "{request}",
    labels: ["cache"],
    help: "Requests to a cache that it had an entry for, one that was being looked up included."
  },
  misses: {
    name: "cache_misses_total",
    kind: "counter",
    unit: "{request}",
    labels: ["cache"],
    help: "Requests to a cache that it had no entry for."
  },
  lookupDuration: {
    name: "cache_lookup_seconds",
    kind: "histogram",
    unit: "s",
    labels: ["cache", "outcome"],
    closed: { outcome: failedOutcomes },
    boundaries: "http",
    help: "Duration of one lookup of what a cache did not have, whatever the outcome; the label outcome is absent on success."
  }
} as const satisfies Rows
