/**
 * From a panel to traces. Which queries ask for exemplars is said by the panel; where the trace of one is, by the data source
 * of Prometheus (`exemplarTraceIdDestinations`): Grafana applies no link of a panel to exemplars. A panel's data link leads
 * from its lines and cells to a search.
 */
import { DashboardLinkBuilder } from "@grafana/grafana-foundation-sdk/dashboard"
import type { Panel, Query } from "../dashboards/dashboard.ts"
import { selectorsOf } from "../promql/node.ts"
import type { TraceSettings } from "../settings.ts"
import type { Yaml } from "./yaml.ts"

/** The label of exemplars that has the id of the trace. */
const label = "trace_id"

/**
 * The queries of a panel that ask for exemplars: over buckets of histograms, in a range. Of several over the same buckets, such
 * as three percentiles, the last one does, as each would bring the same.
 */
export const asksForExemplars = ({ kind, queries }: Pick<Panel, "kind" | "queries">): ReadonlySet<Query> => {
  const asking = new Map<string, Query>()
  for (const one of kind === "number" ? [] : queries) {
    const buckets = selectorsOf(one.query.node).filter(({ metric }) => metric.endsWith("_bucket"))
    if (buckets.length > 0) {
      asking.set(JSON.stringify(buckets.map(({ matchers, metric }) => [metric, matchers])), one)
    }
  }
  return new Set(asking.values())
}

/** Where a data source finds the trace of an exemplar; nothing where no option says it. */
export const exemplarDestinations = ({ datasource, url }: TraceSettings): Yaml | undefined =>
  datasource === undefined && url === undefined
    ? undefined
    : [
        ...(datasource === undefined ? [] : [{ name: label, datasourceUid: datasource }]),
        ...(url === undefined
          ? []
          : // Grafana would replace it with a variable of its environment.
            [{ name: label, url: url.replace("{traceId}", () => "$${__value.raw}"), urlDisplayLabel: "Trace" }])
      ]

/** To Explore: the traces of the chosen services, in the time that the dashboard shows. */
export const traceLinks = (datasource: string): Array<DashboardLinkBuilder> => [
  new DashboardLinkBuilder("Traces of the service").url(exploreUrl(datasource)).targetBlank(true)
]

const exploreUrl = (datasource: string): string => {
  const query = {
    refId: "A",
    datasource: { type: "tempo", uid: datasource },
    queryType: "traceql",
    query: '{ resource.service.name =~ "${service:pipe}" }'
  }
  const panes = { traces: { datasource, queries: [query], range: { from: "${__from}", to: "${__to}" } } }
  // Grafana replaces its variables first: they stay as they are.
  const text = JSON.stringify(panes)
    .split(/(\$\{[\w:]+\})/)
    .map((part) => (part.startsWith("${") ? part : encodeURIComponent(part)))
  return `/explore?schemaVersion=1&panes=${text.join("")}`
}
