/**
 * What is yours to decide, as data: what each type of job is expected to do, how long a rollout takes, where the
 * runbooks are. Change it, run `npm run generate`, and rules, dashboards and pages follow.
 */
import type { Range } from "./promql/select.ts"

/** What is expected of the jobs of one type; an alert fires where it is not met. */
export interface Expectation {
  /** The share of finished jobs that must not end in the dead letters, over thirty days. */
  readonly objective: number
  /** Seconds that a runnable job may wait. */
  readonly oldestAge: number
  /** Seconds that one attempt may run. */
  readonly longestRun: number
}

export const settings = {
  /**
   * Where operators read the runbooks; the name of the alert and `.md` are appended. It is where this repository is
   * published; yours is another, or `npm run generate -- --runbooks <url>` for files of your own.
   */
  runbooks: "https://github.com/parametric-portal/parametric-portal/blob/main/docs/runbooks/",
  /** How long a rollout takes at most: what it causes must not page, so that every `for` is longer. */
  rollout: "5m",
  /** Job types of which something else is expected than of the rest. */
  jobTypes: {
    digest: { objective: 0.999, oldestAge: 300, longestRun: 900 }
  },
  /** What is expected of all other job types. */
  otherJobTypes: { objective: 0.99, oldestAge: 600, longestRun: 3600 }
} as const satisfies {
  readonly runbooks: string
  readonly rollout: Range
  readonly jobTypes: Readonly<Record<string, Expectation>>
  readonly otherJobTypes: Expectation
}
