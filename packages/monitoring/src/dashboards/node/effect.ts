/** Effect's fibers, pools and caches. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { databaseConnectionsExhausted } from "../../alerts/database-connections-exhausted.ts"
import { eventLoopBlocked } from "../../alerts/event-loop-blocked.ts"
import { heapNearLimit } from "../../alerts/heap-near-limit.ts"
import { httpLatencyHigh } from "../../alerts/http-latency-high.ts"
import { counter, gauge } from "../../promql/select.ts"
import type { Panel } from "../dashboard.ts"
import { percentile, percentiles, process } from "../scope.ts"

const { cache, pool, runtime } = catalogue

const withoutFibers = "Fibers are not counted: RuntimeMetrics of observe/runtime is not in place."
const withoutPool = "No pool is measured: see observe/pool."
const withoutCache = "No cache is measured: see observe/cache."

export const fiberPanels = [
  {
    title: "Fibers",
    kind: "lines",
    unit: "suffix: fibers/s",
    description: "Started far above ended: they pile up. Many failed: look for what is forked and interrupted.",
    alert: eventLoopBlocked,
    queries: [
      {
        query: counter(runtime.fibersStarted, process).rate("$__rate_interval").sumBy("job"),
        legend: "{{job}} started"
      },
      {
        query: counter(runtime.fibersSucceeded, process).rate("$__rate_interval").sumBy("job"),
        legend: "{{job}} succeeded"
      },
      { query: counter(runtime.fibersFailed, process).rate("$__rate_interval").sumBy("job"), legend: "{{job}} failed" }
    ],
    empty: withoutFibers
  },
  {
    title: "Active fibers",
    kind: "lines",
    unit: "suffix: fibers",
    description: "A climb without end: fibers that never end, and hold memory.",
    alert: heapNearLimit,
    queries: [{ query: gauge(runtime.fibersActive, process).sumBy("job", "instance"), legend: "{{instance}}" }],
    empty: withoutFibers
  },
  {
    title: "Fiber lifetime",
    kind: "lines",
    unit: "s",
    description: "From start to end. Longer than before: what fibers wait for got slower.",
    alert: eventLoopBlocked,
    queries: percentiles(runtime.fiberLifetime, process, "job"),
    empty: withoutFibers
  }
] as const satisfies ReadonlyArray<Panel>

export const poolPanels = [
  {
    title: "Pool items by state",
    kind: "stack",
    unit: "suffix: items",
    description: "No idle ones while others wait: the pool is too small, or items are held for too long.",
    alert: databaseConnectionsExhausted,
    queries: [{ query: gauge(pool.items, process).sumBy("pool", "state"), legend: "{{pool}} {{state}}" }],
    empty: withoutPool
  },
  {
    title: "Waiting for an item",
    kind: "lines",
    unit: "suffix: requests",
    description: "Above 0 for long: more is asked of the pool than it has.",
    alert: databaseConnectionsExhausted,
    queries: [{ query: gauge(pool.waiting, process).sumBy("pool"), legend: "{{pool}}" }],
    empty: withoutPool
  },
  {
    title: "Time until an item is had, and time it is used",
    kind: "lines",
    unit: "s",
    description: "Both rise: what items are used for got slower. The wait alone: more is asked of the pool.",
    alert: databaseConnectionsExhausted,
    queries: [
      { ...percentile(pool.waitDuration, process, "pool", "outcome"), legend: "{{pool}} wait {{outcome}} p95" },
      { ...percentile(pool.useDuration, process, "pool"), legend: "{{pool}} use p95" }
    ],
    empty: withoutPool
  },
  {
    title: "Cache hits and misses",
    kind: "stack",
    unit: "suffix: requests/s",
    description: "Misses grow against hits: entries expire too soon, or there are more keys than entries.",
    alert: httpLatencyHigh,
    queries: [
      { query: counter(cache.hits, process).rate("$__rate_interval").sumBy("cache"), legend: "{{cache}} hits" },
      { query: counter(cache.misses, process).rate("$__rate_interval").sumBy("cache"), legend: "{{cache}} misses" }
    ],
    empty: withoutCache
  },
  {
    title: "Cache entries",
    kind: "lines",
    unit: "suffix: entries",
    description: "At its capacity with many misses: the cache is too small. A climb without end: it has no capacity.",
    alert: heapNearLimit,
    queries: [{ query: gauge(cache.entries, process).sumBy("cache"), legend: "{{cache}}" }],
    empty: withoutCache
  },
  {
    title: "Cache lookup time",
    kind: "lines",
    unit: "s",
    description: "What a miss costs. Longer than before: what is looked up got slower.",
    alert: httpLatencyHigh,
    queries: [percentile(cache.lookupDuration, process, "cache", "outcome")],
    empty: withoutCache
  }
] as const satisfies ReadonlyArray<Panel>
