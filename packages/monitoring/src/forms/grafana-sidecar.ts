/** A ConfigMap for each dashboard, which the sidecar of Grafana's Helm chart makes a file of. */
import { grafanaFile } from "../files/grafana.ts"
import type { Monitoring } from "../monitoring.ts"
import { manifest } from "./object.ts"

/**
 * Path -> content. The key becomes the name of a file beside those of all other ConfigMaps, whichever namespace they are
 * in: it has both prefixes.
 */
export const grafanaSidecarFiles = (monitoring: Monitoring): ReadonlyMap<string, string> => {
  const { grafana, kubernetes } = monitoring.settings
  return new Map(
    monitoring.dashboards.map((one) => [
      `${one.uid}.yaml`,
      manifest(monitoring.settings, {
        apiVersion: "v1",
        kind: "ConfigMap",
        name: one.uid,
        labels: kubernetes.dashboardLabels,
        annotations: { [kubernetes.folderAnnotation]: grafana.folder },
        content: {
          data: {
            [`${kubernetes.namePrefix}${grafana.uidPrefix}${one.uid}.json`]: grafanaFile(monitoring, one).trimEnd()
          }
        }
      })
    ])
  )
}
