/** The rule files of Prometheus: recording rules and alerts. */
import type { Alert } from "../alerts/alert.ts"
import type { Monitoring, RecordingRule, RuleGroup } from "../monitoring.ts"
import { environmentOf, ruleDialect, templateIn } from "../naming.ts"
import { type Dialect, inDialect } from "../promql/dialect.ts"
import { runbookUrl } from "../runbook-url.ts"
import type { Settings } from "../settings.ts"
import { header } from "./header.ts"
import { type Yaml, yaml } from "./yaml.ts"

/** A rule group as Prometheus reads it; kinds of Kubernetes have it too. */
export const ruleGroup = (monitoring: Monitoring, { alerts, name, recordings }: RuleGroup): Yaml => {
  const dialect = ruleDialect(monitoring)
  return {
    name,
    rules: [
      ...recordings.map((one) => recordingRule(one, dialect)),
      ...alerts.map((one) => alertRule(one, dialect, monitoring.settings))
    ]
  }
}

const recordingRule = ({ expression, name }: RecordingRule, dialect: Dialect): Yaml => ({
  record: name,
  expr: String(inDialect(expression, dialect))
})

const alertRule = (one: Alert, dialect: Dialect, settings: Settings): Yaml => ({
  alert: one.name,
  expr: String(inDialect(one.expression, dialect)),
  for: one.for,
  keep_firing_for: one.keepFiringFor,
  labels: { severity: settings.severities[one.severity], ...one.labels },
  annotations: {
    summary: `${environmentOf(settings)}${templateIn(one.summary, one.expression, dialect)}`,
    description: templateIn(one.description, one.expression, dialect),
    runbook_url: runbookUrl(one, settings),
    ...one.annotations
  }
})

/** The rule file of one area: a single group, because the rules of a group are evaluated in order. */
export const ruleFile = (monitoring: Monitoring, group: RuleGroup): string =>
  header(monitoring.settings) + yaml({ groups: [ruleGroup(monitoring, group)] })
