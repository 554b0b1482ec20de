/** The configuration of `monitoring`: what a file `monitoring.config.ts`, `.mjs` or `.json` holds. Everything is optional. */
import type { Rows } from "@parametric-portal/server/observe/catalogue"
import type { AlertDefinition } from "./alerts/alert.ts"
import type { definitions } from "./alerts.ts"
import type { Form } from "./forms.ts"
import type { OwnRules } from "./own-rules.ts"
import type { Range } from "./promql/select.ts"
import type { AlertOverride, Expectation, Naming, RouteExpectation, Severity } from "./settings.ts"

export type { OwnRules }

/** The names of the alerts of the library. */
export type AlertName = Definition["name"]

type Definition = (typeof definitions)[keyof typeof definitions][number]

type DefinitionOf<Name extends AlertName> = Extract<Definition, { readonly name: Name }>

type ThresholdOf<Name extends AlertName> = keyof DefinitionOf<Name>["thresholds"]

type WindowOf<Name extends AlertName> = NonNullable<DefinitionOf<Name>["window"]>

/** By each of these names; not there where there are none. */
type ByName<Names extends PropertyKey, A> = [Names] extends [never]
  ? undefined
  : { readonly [K in Names]?: A | undefined } | undefined

/** What may be set of an alert of the library. */
export interface AlertConfig<Threshold extends PropertyKey, Window extends PropertyKey = never> extends Omit<
  AlertOverride,
  "thresholds" | "windows"
> {
  /** The numbers that decide whether it fires; the guide lists them with their units. */
  readonly thresholds?: ByName<Threshold, number>
  /** Of an alert that watches several windows, those that are left out: `{ "3d": false }`. */
  readonly windows?: ByName<Window, false>
}

export interface MonitoringConfig {
  /** The folder to write to, from the folder of the configuration; `monitoring` unless given. */
  readonly to?: string | undefined
  /**
   * What is written: `true`, or a folder of its own, from `to`, which is the name of the form unless given. `prometheus`,
   * `grafana` and `markdown` where the option is left out; no other than those named where it is not.
   */
  readonly forms?: { readonly [K in Form]?: boolean | string | undefined } | undefined
  /** The command that the first line of each file names: `npx @parametric-portal/monitoring generate` unless given. */
  readonly generatedBy?: string | undefined
  /**
   * The URL under which operators read the runbooks that the form `markdown` writes, which ends with `/` or `=`; the alert's
   * name and `.md` are appended. Unless given, alerts link to the library's runbooks, which have its thresholds and not yours,
   * and alerts of your own link to none.
   */
  readonly runbooks?: string | undefined
  /**
   * The longest a rollout takes, `5m` unless given. Every alert holds for longer before it fires: by a minute, where it would
   * hold for less. A `for` that is not longer is an error.
   */
  readonly rollout?: Range | undefined
  /** Job types with expectations of their own. */
  readonly jobTypes?: Readonly<Record<string, Partial<Expectation>>> | undefined
  /** What is expected of all other job types, and of what a type leaves out. */
  readonly otherJobTypes?: Partial<Expectation> | undefined
  /** Routes with expectations of their own, by template: `/orders/:id`. */
  readonly routes?: Readonly<Record<string, Partial<RouteExpectation>>> | undefined
  /** What is expected of all other routes, and of what a route leaves out. */
  readonly otherRoutes?: Partial<RouteExpectation> | undefined
  /**
   * Labels that tell environments apart where the store has several with one `job`: `["cluster", "namespace"]`. Rules,
   * alerts, panels and variables group by them.
   */
  readonly groupBy?: ReadonlyArray<string> | undefined
  /** Labels that all series must have, for a store that others share: `{ team: "checkout" }`. */
  readonly selector?: Readonly<Record<string, string>> | undefined
  /** What the store calls metrics and labels: `victoriametrics` where it takes OTLP without Prometheus' names. */
  readonly naming?: Naming | undefined
  /**
   * The histograms that the store has as native ones, because they are exponential and arrive by OTLP: by the name of the
   * metric, or `true` for all but `effect_fiber_lifetime_seconds`. Rules, panels and variables then ask for
   * `histogram_count(…)` instead of `…_count`, and so on. For Prometheus 3.
   */
  readonly nativeHistograms?: true | ReadonlyArray<string> | undefined
  /** Where Grafana finds the trace of an exemplar: one of both, or both. */
  readonly traces?: TracesConfig | undefined
  /** The values of the label `severity`: `{ critical: "page", warning: "ticket" }`. */
  readonly severities?: Readonly<Partial<Record<Severity, string>>> | undefined
  /** Labels that every alert gets: `{ team: "checkout" }`. */
  readonly labels?: Readonly<Record<string, string>> | undefined
  /** Annotations that every alert gets. */
  readonly annotations?: Readonly<Record<string, string>> | undefined
  /** By the name of the alert: `false` switches it off. */
  readonly alerts?:
    | { readonly [K in AlertName]?: AlertConfig<ThresholdOf<K>, WindowOf<K>> | false | undefined }
    | undefined
  /** Metrics of your own: the rows given to `MetricsService.define`, by namespace. */
  readonly metrics?: Readonly<Record<string, Rows>> | undefined
  /** Rules of your own, made with `record` and `alert`, and their tests, made with `alertTest`. */
  readonly rules?: OwnRules | undefined
  readonly grafana?: GrafanaConfig | undefined
  readonly kubernetes?: KubernetesConfig | undefined
}

export interface TracesConfig {
  /** The URL of a trace: `https://jaeger.example.com/trace/{traceId}`. */
  readonly url?: string | undefined
  /** The uid of a data source of Grafana that has the traces, such as one of Tempo. */
  readonly datasource?: string | undefined
}

export interface GrafanaConfig {
  /** What begins the uid of each dashboard: with `shop-`, `jobs-overview` is `shop-jobs-overview`. At most 40 in all. */
  readonly uidPrefix?: string | undefined
  /** The folder that the dashboards are in, `Parametric Portal` unless given. */
  readonly folder?: string | undefined
  /** Tags besides `parametric-portal`. */
  readonly tags?: ReadonlyArray<string> | undefined
  /** The uid of a data source; a variable chooses it unless given. */
  readonly datasource?: string | undefined
}

export interface KubernetesConfig {
  /** The namespace of the objects; none unless given, so that what applies them decides. */
  readonly namespace?: string | undefined
  /** What begins the names of the objects, `parametric-portal-` unless given. */
  readonly namePrefix?: string | undefined
  /** Labels of all objects: what the operator's selectors want, such as `{ release: "kube-prometheus-stack" }`. */
  readonly labels?: Readonly<Record<string, string>> | undefined
  /** The label by which Grafana's sidecar finds ConfigMaps, `{ grafana_dashboard: "1" }` unless given. */
  readonly dashboardLabels?: Readonly<Record<string, string>> | undefined
  /** The annotation that names the folder for the sidecar, `grafana_folder` unless given. */
  readonly folderAnnotation?: string | undefined
  /** The labels of the Grafana that the operator gives the dashboards to, `{ dashboards: "grafana" }` unless given. */
  readonly grafanaLabels?: Readonly<Record<string, string>> | undefined
  readonly scrape?: ScrapeConfig | undefined
}

export interface ScrapeConfig {
  /** The labels of the services or pods, `{ "app.kubernetes.io/part-of": "parametric-portal" }` unless given. */
  readonly labels?: Readonly<Record<string, string>> | undefined
  /** The name of their port, `metrics` unless given. */
  readonly port?: string | undefined
  /** The namespaces that they are in; that of the object unless given. */
  readonly namespaces?: ReadonlyArray<string> | undefined
}

/** What may be set of alerts of your own, by the names that `rules` gives them. */
export interface OwnAlertsConfig<Own extends AlertDefinition> {
  readonly rules?: { readonly alerts?: ReadonlyArray<Own> | undefined } | undefined
  readonly alerts?:
    | {
        readonly [K in Own as K["name"]]?:
          | AlertConfig<keyof K["thresholds"], NonNullable<K["window"]>>
          | false
          | undefined
      }
    | undefined
}

/** The configuration, with its types checked: `export default defineMonitoring({ ... })`. */
export const defineMonitoring = <const Own extends AlertDefinition = never>(
  config: MonitoringConfig & OwnAlertsConfig<Own>
): MonitoringConfig => config
