/** Provisioning: the files by which Grafana finds its data source and the dashboards. */
import type { Settings } from "../settings.ts"
import { header } from "./header.ts"
import { exemplarDestinations } from "./traces.ts"
import { yaml } from "./yaml.ts"

const head = (settings: Settings): string =>
  `${header(settings)}# Grafana replaces \${...} with variables of its environment.\n`

/** `provisioning/datasources`: Prometheus at `PROMETHEUS_URL`. */
export const dataSourceFile = (settings: Settings): string =>
  head(settings) +
  yaml({
    apiVersion: 1,
    datasources: [
      {
        name: "Prometheus",
        uid: "prometheus",
        type: "prometheus",
        access: "proxy",
        url: "${PROMETHEUS_URL}",
        isDefault: true,
        jsonData: {
          timeInterval: "15s",
          httpMethod: "POST",
          exemplarTraceIdDestinations: exemplarDestinations(settings.traces)
        }
      }
    ]
  })

/** `provisioning/dashboards`: the dashboards in the folder `DASHBOARDS_PATH`. Names of providers are unique. */
export const dashboardProviderFile = (settings: Settings): string =>
  head(settings) +
  yaml({
    apiVersion: 1,
    providers: [
      {
        name: `${settings.grafana.uidPrefix}parametric-portal`,
        folder: settings.grafana.folder.replaceAll("$", "$$$$"),
        type: "file",
        allowUiUpdates: false,
        options: { path: "${DASHBOARDS_PATH}" }
      }
    ]
  })
