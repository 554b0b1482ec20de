/** A ConfigMap for each dashboard, which the sidecar of Grafana's Helm chart makes a file of. */
import { grafanaFile } from "../files/grafana.ts"
import type { Monitoring } from "../monitoring.ts"
import { manifest, objectName } from "./object.ts"

/**
 * Path -> content. The key becomes the name of a file beside those of all other ConfigMaps, so it is that of the object.
 */
export const grafanaSidecarFiles = (monitoring: Monitoring): ReadonlyMap<string, string> => {
  const { grafana, kubernetes } = monitoring.settings
  return new Map(
    monitoring.dashboards.map((one) => {
      const name = `${grafana.uidPrefix}${one.uid}`
      return [
        `${name}.yaml`,
        manifest(monitoring.settings, {
          apiVersion: "v1",
          kind: "ConfigMap",
          name,
          labels: kubernetes.dashboardLabels,
          annotations: { [kubernetes.folderAnnotation]: grafana.folder },
          content: {
            data: { [`${objectName(monitoring.settings, name)}.json`]: grafanaFile(monitoring, one).trimEnd() }
          }
        })
      ] as const
    })
  )
}
