/** The runbook page of an alert, in the order in which the person on call needs it. */
import type { Alert, Check } from "../alerts/alert.ts"
import { comment } from "../files/header.ts"
import type { Monitoring } from "../monitoring.ts"
import { ruleDialect } from "../naming.ts"
import { type Dialect, inDialect } from "../promql/dialect.ts"
import { histogramNeeds } from "./histogram-table.ts"
import { cell, code, list, numbered } from "./markdown.ts"

/** The page of all rules that have one name. */
export const runbookPage = (monitoring: Monitoring, rules: readonly [Alert, ...ReadonlyArray<Alert>]): string => {
  const dialect = ruleDialect(monitoring)
  const [{ name, runbook }] = rules
  const text = linked(monitoring.alerts.map((rule) => rule.name).filter((other) => other !== name))
  return (
    [
      `# ${name}`,
      comment(monitoring.settings),
      rules.map((rule) => ruleLines(rule, { dialect, settings: monitoring.settings })).join("\n\n"),
      ...histogramNeeds(
        monitoring,
        rules.map(({ expression }) => String(expression))
      ),
      ...thresholdLines(rules[0], monitoring.settings),
      "## What it means",
      text(runbook.meaning),
      "## First look",
      'If several services share this Prometheus, add `job="..."` with the name of the service to the queries.',
      runbook.firstLook.map((one) => check(one, dialect)).join("\n\n"),
      "## Likely causes",
      list(runbook.causes.map(text)),
      "## Fix",
      numbered(runbook.fix.map(text)),
      "## Silence",
      text(runbook.silence)
    ].join("\n\n") + "\n"
  )
}

/** Names of other alerts become links to their pages. */
const linked =
  (names: ReadonlyArray<string>) =>
  (text: string): string =>
    names.length === 0
      ? text
      : text.replace(new RegExp(`(?<![[\\w])(${[...new Set(names)].join("|")})(?![\\w\\]]|\\.md)`, "g"), "[$1]($1.md)")

/** How queries are written, and what the labels of an alert are. */
interface Written extends Pick<Monitoring, "settings"> {
  readonly dialect: Dialect
}

/** Of the library, and as the label says it where that differs. */
const severityOf = ({ severity }: Alert, { severities }: Monitoring["settings"]): string =>
  severities[severity] === severity ? severity : `${severity} (\`severity="${severities[severity]}"\`)`

const ruleLines = (rule: Alert, { dialect, settings }: Written): string =>
  [
    list([
      `**Severity:** ${severityOf(rule, settings)}${windowOf(rule)}`,
      `**Fires after:** ${rule.for}${
        rule.keepFiringFor === undefined ? "" : `; keeps firing for ${rule.keepFiringFor} after the condition last held`
      }`,
      `**Threshold:** ${rule.threshold}`
    ]),
    code("promql", String(inDialect(rule.expression, dialect)))
  ].join("\n\n")

const thresholdLines = (
  { name, thresholds }: Alert,
  { source }: Pick<Monitoring["settings"], "source">
): ReadonlyArray<string> =>
  Object.keys(thresholds).length === 0
    ? []
    : [
        `Its numbers, by their names in \`alerts.${name}.thresholds\` of \`${source}\`:`,
        [
          "| threshold | value | |",
          "|---|---|---|",
          ...Object.entries(thresholds).map(([key, { help, value }]) => `| \`${key}\` | ${value} | ${help} |`)
        ].join("\n")
      ]

const windowOf = ({ labels }: Alert): string =>
  Object.entries(labels ?? {})
    .map(([name, value]) => `, ${name} ${value}`)
    .join("")

const check = ({ query, question }: Check, dialect: Dialect): string =>
  `${question}\n\n${code("promql", String(inDialect(query, dialect)))}`

/** The list of all pages. */
export const runbookIndex = ({ alerts, settings }: Monitoring): string => {
  const rows = alerts.map(
    (rule) =>
      `| [${rule.name}](${rule.name}.md)${windowOf(rule)} | ${rule.severity} | ${rule.for} | ${cell(rule.threshold)} |`
  )
  return (
    [
      "# Runbooks",
      comment(settings),
      "One page per alert; each alert links to its page. `critical`: work is lost or has stopped; page somebody. `warning`: it " +
        "will become critical; look at it today.",
      ["| alert | severity | fires after | threshold |", "|---|---|---|---|", ...rows].join("\n")
    ].join("\n\n") + "\n"
  )
}
