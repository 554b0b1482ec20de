/** Something for each chart. */
import type { ChartName } from "../protocol/live.ts"

/** A record of all charts by their names. */
export const eachChart = <A>(of: (chart: ChartName) => A): Readonly<Record<ChartName, A>> => ({
  jobs: of("jobs"),
  queue: of("queue"),
  failures: of("failures"),
  processing: of("processing"),
  wait: of("wait"),
  messages: of("messages"),
  requests: of("requests"),
  errors: of("errors"),
  requestTime: of("requestTime"),
  inFlight: of("inFlight"),
  operations: of("operations"),
  operationTime: of("operationTime"),
  calls: of("calls"),
  callTime: of("callTime"),
  delay: of("delay"),
  utilization: of("utilization"),
  heap: of("heap"),
  garbage: of("garbage"),
  processor: of("processor"),
  memory: of("memory"),
  pools: of("pools"),
  caches: of("caches")
})
