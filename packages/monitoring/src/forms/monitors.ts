/** `PodMonitor` and `ServiceMonitor`: how an operator's Prometheus finds servers, and what it calls them. */
import { withoutCreated } from "../files/prometheus.ts"
import type { Yaml } from "../files/yaml.ts"
import type { Settings } from "../settings.ts"
import { manifest } from "./object.ts"

const apiVersion = "monitoring.coreos.com/v1"

const notBoth = (other: string): ReadonlyArray<string> => [
  `Apply this or ${other}, not both: a process that is scraped twice is counted twice where labels differ.`
]

/** Scrapes the pods with the labels of the settings. */
export const podMonitor = (settings: Settings): string =>
  manifest(settings, {
    apiVersion,
    kind: "PodMonitor",
    name: "metrics",
    remarks: notBoth("service-monitor.yaml"),
    content: { spec: { ...selected(settings), podMetricsEndpoints: [endpoint(settings)] } }
  })

/** Scrapes the pods behind the services with the labels of the settings. */
export const serviceMonitor = (settings: Settings): string =>
  manifest(settings, {
    apiVersion,
    kind: "ServiceMonitor",
    name: "metrics",
    remarks: notBoth("pod-monitor.yaml"),
    content: { spec: { ...selected(settings), endpoints: [endpoint(settings)] } }
  })

const selected = ({ kubernetes: { scrape } }: Settings): { readonly [key: string]: Yaml } => ({
  selector: { matchLabels: scrape.labels },
  ...(scrape.namespaces.length === 0 ? {} : { namespaceSelector: { matchNames: scrape.namespaces } })
})

/** Scraped twice per evaluation, as `prometheus.yaml` has it. */
const endpoint = (settings: Settings): Yaml => ({
  port: settings.kubernetes.scrape.port,
  path: "/metrics",
  interval: "15s",
  relabelings: relabelings(settings),
  metricRelabelings: withoutCreated.map(({ source_labels, ...rest }) => ({ sourceLabels: source_labels, ...rest }))
})

/**
 * What the rules group by. `job` is the pod's label `app.kubernetes.io/name`, and `instance` is what OpenTelemetry's
 * conventions make of a pod for `service.instance.id`: both are the same where metrics come by OTLP.
 */
const relabelings = (settings: Settings): ReadonlyArray<Yaml> => [
  ...withoutRoute(settings),
  { sourceLabels: [podLabel("app.kubernetes.io/name")], regex: "(.+)", targetLabel: "job" },
  {
    sourceLabels: ["__meta_kubernetes_namespace", "__meta_kubernetes_pod_name", "__meta_kubernetes_pod_container_name"],
    separator: ".",
    regex: "(.+\\..+\\..+)",
    targetLabel: "instance"
  },
  ...environments(settings).map((label) => environment(label, settings.selector[label]))
]

/** The operator adds how it found a process; without it, the series are the same whichever of both monitors finds it. */
const withoutRoute = (settings: Settings): ReadonlyArray<Yaml> => {
  const labels = ["container", "endpoint", "service"].filter((label) => !environments(settings).includes(label))
  return labels.length === 0 ? [] : [{ action: "labeldrop", regex: labels.join("|") }]
}

/** Labels that the rules group by or select, besides `job` and `instance`. */
const environments = ({ groupBy, selector }: Settings): ReadonlyArray<string> =>
  [...new Set([...groupBy, ...Object.keys(selector)])].filter((label) => label !== "job" && label !== "instance")

/** A label with the value of the selector, of the namespace, or of the pod's label of that name. */
const environment = (label: string, value: string | undefined): Yaml => {
  if (value !== undefined) {
    return { targetLabel: label, replacement: value.replaceAll("$", "$$$$") }
  }
  return label === "namespace" || label === "k8s_namespace_name"
    ? { sourceLabels: ["__meta_kubernetes_namespace"], targetLabel: label }
    : { sourceLabels: [podLabel(label)], regex: "(.+)", targetLabel: label }
}

/** The label by which Prometheus knows a pod's label. */
const podLabel = (name: string): string => `__meta_kubernetes_pod_label_${name.replaceAll(/[^A-Za-z0-9_]/g, "_")}`
