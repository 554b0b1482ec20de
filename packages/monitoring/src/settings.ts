/** What rules, dashboards and pages are made with: the configuration, with a value for everything. */
import type { Rows } from "@parametric-portal/server/observe/catalogue"
import type { Range } from "./promql/select.ts"

/** What is expected of the jobs of one type; an alert fires when it is not met. */
export interface Expectation {
  /** The share of finished jobs, over thirty days, that must not end in the dead letters: 0.99 allows 1%. */
  readonly objective: number
  /** How long a runnable job may wait, in seconds. */
  readonly oldestAge: number
  /** How long one attempt may run, in seconds. */
  readonly longestRun: number
}

/** What is expected of the requests to one route; an alert fires when it is not met. */
export interface RouteExpectation {
  /** The share of requests, over thirty days, that must not fail: 0.999 allows 0.1%. */
  readonly objective: number
  /**
   * How long 95% of the requests may take, in seconds, until the end of the response's body. A boundary of the histogram
   * is exact. Above the highest boundary, 100 by default, no request is too slow: for a route that streams.
   */
  readonly latency: number
}

/**
 * - `critical`: work is lost or has stopped; page somebody
 * - `warning`: it will become critical; look at it today
 */
export type Severity = "critical" | "warning"

/** What differs from the alert as the library has it. */
export interface AlertOverride {
  readonly severity?: Severity | undefined
  /** How long the condition must hold before the alert fires. */
  readonly for?: Range | undefined
  /** How long it keeps firing after the condition last held. */
  readonly keepFiringFor?: Range | undefined
  readonly labels?: Readonly<Record<string, string>> | undefined
  readonly annotations?: Readonly<Record<string, string>> | undefined
  /** By name of the threshold. */
  readonly thresholds?: Readonly<Record<string, number | undefined>> | undefined
  /** By the label `window`, of alerts that watch several; `false` leaves that one out. */
  readonly windows?: Readonly<Record<string, false | undefined>> | undefined
}

/** What a store calls metrics and labels. */
export type Naming = "prometheus" | "victoriametrics"

export interface Settings {
  /** The URL under which operators read the runbooks; the name of the alert and `.md` are appended. */
  readonly runbooks: string
  /** Where the settings are changed, for texts. */
  readonly source: string
  /** The command that writes the files, for their first line. */
  readonly generatedBy: string
  /** The longest a rollout takes. Every `for` is longer, so that a rollout fires no alert. */
  readonly rollout: Range
  /** Job types with expectations of their own. */
  readonly jobTypes: Readonly<Record<string, Expectation>>
  /** All other job types. */
  readonly otherJobTypes: Expectation
  /** Routes with expectations of their own, by template. */
  readonly routes: Readonly<Record<string, RouteExpectation>>
  /** All other routes. */
  readonly otherRoutes: RouteExpectation
  /** Labels that tell environments apart, besides `job`, as the store calls them. */
  readonly groupBy: ReadonlyArray<string>
  /** Labels, with their values, of the series that are meant, where others share the store. */
  readonly selector: Readonly<Record<string, string>>
  readonly naming: Naming
  /** The histograms that the store has as native ones, by metric name; `true` for all that can be exponential. */
  readonly nativeHistograms: true | ReadonlyArray<string>
  readonly traces: TraceSettings
  /** The value of the label `severity` for each of both. */
  readonly severities: Readonly<Record<Severity, string>>
  /** Labels that every alert gets. */
  readonly labels: Readonly<Record<string, string>>
  /** Annotations that every alert gets. */
  readonly annotations: Readonly<Record<string, string>>
  /** By name; `false` leaves the alert out. */
  readonly alerts: Readonly<Record<string, AlertOverride | false>>
  /** Metrics of one's own: the rows given to `MetricsService.define`, by namespace. */
  readonly metrics: Readonly<Record<string, Rows>>
  readonly grafana: GrafanaSettings
  readonly kubernetes: KubernetesSettings
}

/** Where Grafana finds the trace of an exemplar. */
export interface TraceSettings {
  /** The URL of a trace, with `{traceId}` in the place of its id. */
  readonly url: string | undefined
  /** The uid of a data source of traces in Grafana. */
  readonly datasource: string | undefined
}

export interface GrafanaSettings {
  /** What begins the uid of each dashboard. */
  readonly uidPrefix: string
  /** The folder that the dashboards are in. */
  readonly folder: string
  /** Tags besides `parametric-portal`. */
  readonly tags: ReadonlyArray<string>
  /** The uid of the data source; where there is none, a variable chooses it. */
  readonly datasource: string | undefined
}

export interface KubernetesSettings {
  /** The namespace of the objects; where there is none, what applies them decides. */
  readonly namespace: string | undefined
  /** What begins the names of the objects. */
  readonly namePrefix: string
  /** Labels of all objects. */
  readonly labels: Readonly<Record<string, string>>
  /** The label by which Grafana's sidecar finds ConfigMaps. */
  readonly dashboardLabels: Readonly<Record<string, string>>
  /** The annotation that names the folder for the sidecar. */
  readonly folderAnnotation: string
  /** The labels of the Grafana that the operator gives the dashboards to. */
  readonly grafanaLabels: Readonly<Record<string, string>>
  readonly scrape: ScrapeSettings
}

export interface ScrapeSettings {
  /** The labels of what is scraped. */
  readonly labels: Readonly<Record<string, string>>
  /** The name of its port. */
  readonly port: string
  /** Where it is; where there is none, in the namespace of the object. */
  readonly namespaces: ReadonlyArray<string>
}

/** The settings where the configuration says nothing else. */
export const defaults: Settings = {
  runbooks: "https://github.com/parametric-portal/parametric-portal/blob/main/docs/runbooks/",
  source: "monitoring.config.ts",
  generatedBy: "npx @parametric-portal/monitoring generate",
  rollout: "5m",
  jobTypes: {},
  otherJobTypes: { objective: 0.99, oldestAge: 600, longestRun: 3600 },
  routes: {},
  otherRoutes: { objective: 0.999, latency: 1 },
  groupBy: [],
  selector: {},
  naming: "prometheus",
  nativeHistograms: [],
  traces: { url: undefined, datasource: undefined },
  severities: { critical: "critical", warning: "warning" },
  labels: {},
  annotations: {},
  alerts: {},
  metrics: {},
  grafana: { uidPrefix: "", folder: "Parametric Portal", tags: [], datasource: undefined },
  kubernetes: {
    namespace: undefined,
    namePrefix: "parametric-portal-",
    labels: {},
    dashboardLabels: { grafana_dashboard: "1" },
    folderAnnotation: "grafana_folder",
    grafanaLabels: { dashboards: "grafana" },
    scrape: { labels: { "app.kubernetes.io/part-of": "parametric-portal" }, port: "metrics", namespaces: [] }
  }
}
