/** The forms in which rules, dashboards and pages are written. */

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
