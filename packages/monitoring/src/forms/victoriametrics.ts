/** A `VMRule` for each group of rules, which the VictoriaMetrics operator gives to vmalert. */
import { ruleGroup } from "../files/rules.ts"
import type { Monitoring } from "../monitoring.ts"
import { manifest } from "./object.ts"

/** Path -> content. */
export const victoriaMetricsFiles = (monitoring: Monitoring): ReadonlyMap<string, string> =>
  new Map(
    monitoring.groups.map((group) => [
      `rules/${group.name}.yaml`,
      manifest(monitoring.settings, {
        apiVersion: "operator.victoriametrics.com/v1beta1",
        kind: "VMRule",
        name: group.name,
        content: { spec: { groups: [ruleGroup(monitoring, group)] } }
      })
    ])
  )
