/** The configuration that `init` writes; a test holds its options to those that there are. */

export const template = `import { defineMonitoring } from "@parametric-portal/monitoring"

// All of this is optional. \`npx @parametric-portal/monitoring generate\` writes what it says; commit both.
export default defineMonitoring({
  // The folder that is written to, from the folder of this file.
  // to: "monitoring",

  // What is written: true, or a folder of its own in \`to\`. Where no form is named: prometheus, grafana and markdown.
  // forms: {
  //   prometheus: true, // rule files, with configurations of Prometheus as examples
  //   "prometheus-operator": true, // PrometheusRule, ServiceMonitor, PodMonitor
  //   grafana: true, // dashboards with their provisioning
  //   "grafana-sidecar": true, // a ConfigMap for each dashboard
  //   "grafana-operator": true, // GrafanaDashboard
  //   victoriametrics: true, // VMRule
  //   markdown: true // reference of metrics, runbooks, captions of dashboards
  // },

  // The command that the first line of each file names.
  // generatedBy: "npm run monitoring",

  // Where operators read the runbooks that the form markdown writes; ends with / or =. The alert's name and .md are appended.
  // Unless given, alerts link to the library's runbooks, which have its thresholds; alerts of your own link to none.
  // runbooks: "https://github.com/example/shop/blob/main/monitoring/markdown/runbooks/",

  // The longest a rollout takes. An alert that fires sooner is an error.
  // rollout: "5m",

  // What is expected of jobs, by type. objective: the share that must not end in the dead letters, over thirty days.
  // oldestAge: seconds that a runnable job may wait. longestRun: seconds that one attempt may run.
  // jobTypes: {
  //   mail: { objective: 0.999, oldestAge: 300, longestRun: 900 }
  // },

  // Of all other job types, and where a type leaves something out.
  // otherJobTypes: { objective: 0.99, oldestAge: 600, longestRun: 3600 },

  // What is expected of requests, by template of the route. objective: the share that must not fail, over thirty days.
  // latency: seconds that 95% of them may take.
  // routes: {
  //   "/orders/:id": { objective: 0.999, latency: 1 }
  // },

  // Of all other routes, and where a route leaves something out.
  // otherRoutes: { objective: 0.999, latency: 1 },

  // Labels that tell environments apart where one store has several with the same job. Rules, alerts, panels and
  // variables group by them.
  // groupBy: ["cluster", "namespace"],

  // Labels that all series must have, in a store that others share.
  // selector: { team: "checkout" },

  // What the store calls metrics and labels: "victoriametrics" where it takes OTLP without the names of Prometheus.
  // naming: "prometheus",

  // Histograms that Prometheus 3 has as native ones, because they are exponential and arrive by OTLP: names of metrics, such
  // as ["jobs_processing_seconds"], or true for all. VictoriaMetrics has none.
  // nativeHistograms: [],

  // Where Grafana finds the trace of an exemplar: the URL of a trace, the uid of a data source of Tempo, or both.
  // traces: { url: "https://jaeger.example.com/trace/{traceId}", datasource: "tempo" },

  // The values of the label severity.
  // severities: { critical: "page", warning: "ticket" },

  // Labels and annotations that every alert gets.
  // labels: { team: "checkout" },
  // annotations: { dashboard: "https://grafana.example.org/d/jobs-overview" },

  // Alerts by name: false switches one off. The guide lists the thresholds of each.
  // alerts: {
  //   HeapNearLimit: false,
  //   JobErrorRateHigh: { severity: "critical", for: "20m", thresholds: { share: 0.2 }, labels: { team: "mail" } }
  // },

  // Metrics of your own: the rows that you give to MetricsService.define, by a name for their dashboard. Import them.
  // metrics: {
  //   shop: {
  //     orders: {
  //       name: "shop_orders_total",
  //       kind: "counter",
  //       unit: "{order}",
  //       labels: ["country"],
  //       help: "Orders that were placed."
  //     }
  //   }
  // },

  // Recording rules and alerts of your own, made with record and alert of this package, and their tests.
  // rules: { recordings: [], alerts: [], tests: [] },

  // uidPrefix begins the uid of each dashboard; datasource is the uid of a data source instead of a variable.
  // grafana: { uidPrefix: "shop-", folder: "Shop", tags: ["shop"], datasource: "prometheus" },

  // For the forms of Kubernetes. namePrefix begins the names of objects. labels: what the operator's selectors want.
  // dashboardLabels and folderAnnotation: what Grafana's sidecar looks for. grafanaLabels: the Grafana that gets the
  // dashboards. scrape: what is scraped.
  // kubernetes: {
  //   namespace: "monitoring",
  //   namePrefix: "shop-",
  //   labels: { release: "kube-prometheus-stack" },
  //   dashboardLabels: { grafana_dashboard: "1" },
  //   folderAnnotation: "grafana_folder",
  //   grafanaLabels: { dashboards: "grafana" },
  //   scrape: { labels: { "app.kubernetes.io/part-of": "parametric-portal" }, port: "metrics", namespaces: ["shop"] }
  // }
})
`
