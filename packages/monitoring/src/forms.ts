/** The forms in which rules, dashboards and pages are written. */
import { grafanaFiles } from "./forms/grafana.ts"
import { grafanaOperatorFiles } from "./forms/grafana-operator.ts"
import { grafanaSidecarFiles } from "./forms/grafana-sidecar.ts"
import { markdownFiles } from "./forms/markdown.ts"
import { prometheusFiles } from "./forms/prometheus.ts"
import { prometheusOperatorFiles } from "./forms/prometheus-operator.ts"
import { victoriaMetricsFiles } from "./forms/victoriametrics.ts"
import type { Monitoring } from "./monitoring.ts"

/**
 * - `prometheus`: rule files, and examples of configurations that scrape or receive OTLP
 * - `prometheus-operator`: `PrometheusRule`, `ServiceMonitor`, `PodMonitor`
 * - `grafana`: JSON of dashboards, with the provisioning by which Grafana finds them
 * - `grafana-sidecar`: a ConfigMap for each dashboard
 * - `grafana-operator`: `GrafanaDashboard`
 * - `victoriametrics`: `VMRule`
 * - `markdown`: the reference of metrics, runbooks, and what each panel shows
 */
export const forms = [
  "prometheus",
  "prometheus-operator",
  "grafana",
  "grafana-sidecar",
  "grafana-operator",
  "victoriametrics",
  "markdown"
] as const

export type Form = (typeof forms)[number]

/** The files of a form: path in the folder of the form -> content. */
export const filesOf = (form: Form, monitoring: Monitoring): ReadonlyMap<string, string> => writers[form](monitoring)

const writers: Readonly<Record<Form, (monitoring: Monitoring) => ReadonlyMap<string, string>>> = {
  prometheus: prometheusFiles,
  "prometheus-operator": prometheusOperatorFiles,
  grafana: grafanaFiles,
  "grafana-sidecar": grafanaSidecarFiles,
  "grafana-operator": grafanaOperatorFiles,
  victoriametrics: victoriaMetricsFiles,
  markdown: markdownFiles
}
