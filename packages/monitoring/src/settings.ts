/**
 * The settings that are yours to change: what is expected of each job type and of each route, how long a rollout takes,
 * where the runbooks are. `npm run generate` then updates rules, dashboards and pages.
 */
import type { Range } from "./promql/select.ts"

/** What is expected of the jobs of one type; an alert fires when it is not met. */
export interface Expectation {
  /** The share of finished jobs, over thirty days, that must not end in the dead letters: 0.99 allows 1%. */
  readonly objective: number
  /** How long a runnable job may wait, in seconds. */
  readonly oldestAge: number
  /** How long one attempt may run, in seconds. */
  readonly longestRun: number
}

/** What is expected of the requests to one route; an alert fires when it is not met. */
export interface RouteExpectation {
  /** The share of requests, over thirty days, that must not fail: 0.999 allows 0.1%. */
  readonly objective: number
  /**
   * How long 95% of the requests may take, in seconds, until the end of the response's body. A boundary of the histogram
   * is exact. Above the highest boundary, 100 by default, no request is too slow: for a route that streams.
   */
  readonly latency: number
}

export const settings = {
  /**
   * The URL under which operators read the runbooks; the name of the alert and `.md` are appended. The default is where
   * this repository is published. For a single run, use `npm run generate -- --runbooks <url>`.
   */
  runbooks: "https://github.com/parametric-portal/parametric-portal/blob/main/docs/runbooks/",
  /** The longest a rollout takes. Every `for` is longer, so that a rollout fires no alert. */
  rollout: "5m",
  /** Job types with expectations of their own. */
  jobTypes: {
    digest: { objective: 0.999, oldestAge: 300, longestRun: 900 }
  },
  /** All other job types. */
  otherJobTypes: { objective: 0.99, oldestAge: 600, longestRun: 3600 },
  /** Routes with expectations of their own, by template. */
  routes: {
    "/reports": { objective: 0.99, latency: 10 }
  },
  /** All other routes. */
  otherRoutes: { objective: 0.999, latency: 1 }
} as const satisfies {
  readonly runbooks: string
  readonly rollout: Range
  readonly jobTypes: Readonly<Record<string, Expectation>>
  readonly otherJobTypes: Expectation
  readonly routes: Readonly<Record<string, RouteExpectation>>
  readonly otherRoutes: RouteExpectation
}
