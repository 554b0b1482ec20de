/** The variables of a dashboard as matchers, and the queries that many panels need. */
import type { Row } from "@parametric-portal/server/observe/catalogue"
import { buckets, type Matchers, quantile, type TargetLabel } from "../promql/select.ts"
import type { Query } from "./dashboard.ts"

/** The chosen services: for numbers of a whole service, and for recorded ones. */
export const service = { job: "$service" } as const

/** The chosen processes: for numbers of one process. A number of the whole cluster must not be cut by it. */
export const process = { job: "$service", instance: "$instance" } as const

/** The chosen types of job. */
export const jobType = { job_type: "$job_type" } as const

/** The chosen types of entity. */
export const entityType = { entity_type: "$entity_type" } as const

/** The 50th, 95th and 99th percentile of a histogram, in groups. */
export const percentiles = <R extends Row & { readonly kind: "histogram" }>(
  row: R,
  matchers: Matchers<R>,
  ...by: ReadonlyArray<R["labels"][number] | TargetLabel>
): ReadonlyArray<Query> =>
  [0.5, 0.95, 0.99].map((phi) => ({
    query: quantile(
      phi,
      buckets(row, matchers)
        .rate("$__rate_interval")
        .sumBy(...by, "le")
    ),
    legend: [...by.map((name) => `{{${name}}}`), `p${phi * 100}`].join(" ")
  }))

/** One percentile of a histogram, in groups. */
export const percentile = <R extends Row & { readonly kind: "histogram" }>(
  row: R,
  matchers: Matchers<R>,
  ...by: ReadonlyArray<R["labels"][number] | TargetLabel>
): Query => ({
  query: quantile(
    0.95,
    buckets(row, matchers)
      .rate("$__rate_interval")
      .sumBy(...by, "le")
  ),
  legend: `${by.map((name) => `{{${name}}}`).join(" ")} p95`
})
