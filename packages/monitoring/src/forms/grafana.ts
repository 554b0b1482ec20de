/** Dashboards as files, with the provisioning by which Grafana finds them. */
import { grafanaFile } from "../files/grafana.ts"
import { dashboardProviderFile, dataSourceFile } from "../files/provisioning.ts"
import type { Monitoring } from "../monitoring.ts"

/** Path -> content. A data source that is named is there already: provisioning another would make two defaults. */
export const grafanaFiles = (monitoring: Monitoring): ReadonlyMap<string, string> => {
  const { datasource, uidPrefix } = monitoring.settings.grafana
  return new Map([
    ...(datasource === undefined
      ? [["provisioning/datasources/prometheus.yaml", dataSourceFile(monitoring.settings)] as const]
      : []),
    [`provisioning/dashboards/${uidPrefix}parametric-portal.yaml`, dashboardProviderFile(monitoring.settings)] as const,
    ...monitoring.dashboards.map(
      (one) => [`dashboards/${uidPrefix}${one.uid}.json`, grafanaFile(monitoring, one)] as const
    )
  ])
}
