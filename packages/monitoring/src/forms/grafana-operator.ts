/** A `GrafanaDashboard` for each dashboard, which the Grafana operator gives to the instances with the labels of the settings. */
import { grafanaFile } from "../files/grafana.ts"
import type { Monitoring } from "../monitoring.ts"
import { manifest } from "./object.ts"

/** Path -> content. The uid is that of the JSON: `spec.uid` could not be changed later. */
export const grafanaOperatorFiles = (monitoring: Monitoring): ReadonlyMap<string, string> => {
  const { grafana, kubernetes } = monitoring.settings
  return new Map(
    monitoring.dashboards.map((one) => [
      `${one.uid}.yaml`,
      manifest(monitoring.settings, {
        apiVersion: "grafana.integreatly.org/v1beta1",
        kind: "GrafanaDashboard",
        name: one.uid,
        content: {
          spec: {
            // Grafana is in a namespace of its own as a rule; the labels say which one is meant.
            allowCrossNamespaceImport: true,
            instanceSelector: { matchLabels: kubernetes.grafanaLabels },
            folder: grafana.folder,
            json: grafanaFile(monitoring, one).trimEnd()
          }
        }
      })
    ])
  )
}
