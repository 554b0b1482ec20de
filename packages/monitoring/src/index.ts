/**
 * What a file `monitoring.config.ts` imports: {@link defineMonitoring}, and what alerts and recording rules of one's own are
 * made with.
 *
 * [Monitoring](https://github.com/parametric-portal/parametric-portal/blob/main/docs/guides/monitoring.md)
 *
 * @module
 */
export { alert, type AlertDefinition, type AlertOptions, duration, number, percentage } from "./alerts/alert.ts"
export type { Check, Label, Runbook, Values } from "./alerts/alert.ts"
export type { Threshold } from "./alerts/threshold.ts"
export { type AlertConfig, type AlertName, defineMonitoring, type MonitoringConfig } from "./config.ts"
export type { OwnAlertsConfig } from "./config.ts"
export type { GrafanaConfig, KubernetesConfig, ScrapeConfig, TracesConfig } from "./config.ts"
export type { Form } from "./forms.ts"
export { grown } from "./promql/grown.ts"
export {
  across,
  amounts,
  buckets,
  counter,
  gauge,
  type Match,
  noneOf,
  observations,
  oneOf,
  quantile,
  type Range,
  secondsSince
} from "./promql/select.ts"
export type { Vector } from "./promql/vector.ts"
export type { OwnRules } from "./own-rules.ts"
export { type AlertTest, alertTest, type Firing } from "./rule-tests/alert-test.ts"
export {
  type Input,
  inputBuckets,
  inputCount,
  inputHistogram,
  inputProcess,
  inputSeries,
  inputSum
} from "./rule-tests/input.ts"
export { record, recorded, type Recording } from "./rules/recording.ts"
export type { AlertOverride, Expectation, Naming, RouteExpectation, Severity } from "./settings.ts"
