/** The table of the alerts of the library, with what may be set of each. */
import type { Alert } from "../alerts/alert.ts"
import { monitoringOf } from "../monitoring.ts"
import { defaults } from "../settings.ts"

/** The table, with the alerts as the library has them; `runbooks` is where their pages are, from the page of the table. */
export const alertTable = (runbooks: string): string => {
  const { alerts } = monitoringOf(defaults)
  const names = [...new Set(alerts.map(({ name }) => name))]
  return [
    "| alert | severity | `for` | threshold | default | what it is |",
    "|---|---|---|---|---|---|",
    ...names.flatMap((name) =>
      rows(
        `[${name}](${runbooks}${name}.md)`,
        alerts.filter((one) => one.name === name)
      )
    )
  ].join("\n")
}

/** A row for each threshold; the first has what is said of the alert as a whole. */
const rows = (link: string, rules: ReadonlyArray<Alert>): ReadonlyArray<string> => {
  const whole = `| ${link} | ${byWindow(rules, ({ severity }) => severity)} | ${byWindow(rules, (one) => one.for)} |`
  const thresholds = Object.entries(rules[0]?.thresholds ?? {})
  return thresholds.length === 0
    ? [`${whole} none | | |`]
    : thresholds.map(
        ([name, { help, value }], index) => `${index === 0 ? whole : "| | | |"} \`${name}\` | ${value} | ${help} |`
      )
}

/** A value that all rules share, or each with its windows: `critical (1h, 6h), warning (1d, 3d)`. */
const byWindow = (rules: ReadonlyArray<Alert>, valueOf: (rule: Alert) => string): string => {
  const values = [...new Set(rules.map(valueOf))]
  return values.length === 1
    ? values.join("")
    : values
        .map((value) => {
          const windows = rules.filter((one) => valueOf(one) === value).map(({ labels }) => labels["window"] ?? "")
          return `${value} (${windows.join(", ")})`
        })
        .join(", ")
}
