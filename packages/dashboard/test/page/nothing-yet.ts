/** What a server says before anything has arrived. */
import type { ChartPoint, Health } from "../../src/protocol/live.ts"

export const noHealth: Health = {
  requests: 0,
  acknowledged: 0,
  refused: [],
  points: 0,
  bytes: 0,
  lastRequestAt: null,
  lag: [],
  violations: 0,
  lastViolations: [],
  exemplars: 0,
  storeBytes: 0,
  storeLimitBytes: 268_435_456
}

export const noChartPoint = (time: number): ChartPoint => ({
  time,
  jobs: {},
  queue: {},
  failures: {},
  processing: {},
  wait: {},
  messages: {},
  requests: {},
  errors: {},
  requestTime: {},
  inFlight: {},
  operations: {},
  operationTime: {},
  calls: {},
  callTime: {},
  delay: {},
  utilization: {},
  heap: {},
  garbage: {},
  processor: {},
  memory: {},
  pools: {},
  caches: {}
})
