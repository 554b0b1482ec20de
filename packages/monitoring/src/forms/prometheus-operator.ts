/** Objects of the Prometheus operator: a `PrometheusRule` for each group of rules, `PodMonitor` and `ServiceMonitor`. */
import { ruleGroup } from "../files/rules.ts"
import type { Monitoring } from "../monitoring.ts"
import { manifest } from "./object.ts"
import { podMonitor, serviceMonitor } from "./monitors.ts"

/**
 * Path -> content. What scrapes is there for Prometheus' names only: what a server shows has no others.
 */
export const prometheusOperatorFiles = (monitoring: Monitoring): ReadonlyMap<string, string> =>
  new Map([
    ...monitoring.groups.map(
      (group) =>
        [
          `rules/${group.name}.yaml`,
          manifest(monitoring.settings, {
            apiVersion: "monitoring.coreos.com/v1",
            kind: "PrometheusRule",
            name: group.name,
            content: { spec: { groups: [ruleGroup(monitoring, group)] } }
          })
        ] as const
    ),
    ...(monitoring.settings.naming === "prometheus"
      ? ([
          ["scrape/pod-monitor.yaml", podMonitor(monitoring.settings)],
          ["scrape/service-monitor.yaml", serviceMonitor(monitoring.settings)]
        ] as const)
      : [])
  ])
