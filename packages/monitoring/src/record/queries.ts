/** The queries of all panels, as Grafana sends them when everything is chosen. */
import { dashboards } from "../dashboards.ts"

/** Each query once, in the order of the dashboards, as the panel has it. */
export const panelQueries: ReadonlyArray<string> = [
  ...new Set(
    dashboards.flatMap(({ rows }) =>
      rows.flatMap(({ panels }) => panels.flatMap(({ queries }) => queries.map(({ query }) => String(query))))
    )
  )
]

export interface FillOptions {
  /** Prometheus' duration over which rates are taken. */
  readonly rateInterval: string
  /** A pattern of the services; all of them unless given. */
  readonly service?: string | undefined
}

/** The query with its variables replaced. */
export const filledIn = (query: string, { rateInterval, service = ".*" }: FillOptions): string =>
  query
    .replaceAll("$__rate_interval", rateInterval)
    .replaceAll("$service", service)
    .replaceAll(/\$[a-z_]+/g, ".*")
