/** The metrics of Effect's pools: `Pool`, `KeyedPool` and `RcMap`. */
import { failedOutcomes } from "./outcome.ts"
import type { Rows } from "./row.ts"

/** The states of an item of a pool. */
export const poolStates = ["idle", "used"] as const

export const pool = {
  items: {
    name: "pool_items",
    kind: "gauge",
    unit: "{item}",
    labels: ["pool", "state"],
    closed: { state: poolStates },
    help: "Items of a pool, by state, zeros included."
  },
  waiting: {
    name: "pool_waiting",
    kind: "upDownCounter",
    unit: "{request}",
    labels: ["pool"],
    help: "Those that wait for an item of a pool."
  },
  waitDuration: {
    name: "pool_wait_seconds",
    kind: "histogram",
    unit: "s",
    labels: ["pool", "outcome"],
    closed: { outcome: failedOutcomes },
    boundaries: "http",
    help: "Time from asking a pool for an item to having it, whatever the outcome; the label outcome is absent on success."
  },
  useDuration: {
    name: "pool_use_seconds",
    kind: "histogram",
    unit: "s",
    labels: ["pool"],
    boundaries: "http",
    help: "Time from having an item of a pool to giving it back."
  }
} as const satisfies Rows
