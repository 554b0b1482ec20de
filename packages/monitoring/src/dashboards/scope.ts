/** The variables of a dashboard as matchers, and queries that many panels share. */
import type { Row } from "@parametric-portal/server/observe/catalogue"
import { buckets, type Matchers, quantile, type TargetLabel } from "../promql/select.ts"
import type { Query } from "./dashboard.ts"

/** The selected services: for values of a whole service, and for recording rules. */
export const service = { job: "$service" } as const

/** The selected processes: for values of one process. Values of the whole cluster must not be filtered by it. */
export const process = { job: "$service", instance: "$instance" } as const

/** The selected job types. */
export const jobType = { job_type: "$job_type" } as const

/** The selected entity types. */
export const entityType = { entity_type: "$entity_type" } as const

/** The selected routes; all of them include requests that no route matched. */
export const httpRoute = { http_route: "$http_route" } as const

/** The 50th, 95th and 99th percentiles of a histogram, by group. */
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

/** The 95th percentile of a histogram, by group. */
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
