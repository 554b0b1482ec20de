/** What is wrong with the labels that tell environments apart, and with those of the selector. */
import { catalogue, otlpAttribute, type Row, type Rows } from "@parametric-portal/server/observe/catalogue"
import { definitions } from "../alerts.ts"
import { below } from "../alerts/problem.ts"
import type { MonitoringConfig } from "../config.ts"
import { variableOf } from "../naming.ts"
import type { Problems } from "./check.ts"

/** The problems of both options. */
export const environmentProblems = ({
  groupBy = [],
  metrics = {},
  selector = {}
}: Pick<MonitoringConfig, "groupBy" | "metrics" | "selector">): Problems => {
  const owner = ownersOf(metrics)
  const variables = groupBy.map(variableOf)
  return [
    ...groupBy.flatMap((label, index) => {
      const [other = ""] = groupBy.filter((_, before) => before < index && variables[before] === variables[index])
      const has = owner.get(label)
      return [
        ...(reserved.has(label) || has !== undefined
          ? [
              `groupBy[${index}] is "${label}", ${has === undefined ? "" : `a label of ${has}, `}expected a label of an environment, such as "namespace"`
            ]
          : []),
        ...(other === label ? [`groupBy[${index}] is "${label}", expected each label once`] : []),
        ...(other === "" || other === label
          ? []
          : [`groupBy[${index}] is "${label}", expected a name that differs from "${other}" in letters or digits`])
      ]
    }),
    ...Object.keys(selector).flatMap((label) => {
      const has = owner.get(label) ?? (label === "le" ? "buckets" : undefined)
      return has === undefined
        ? []
        : [`${below("selector", label)} is set, a label of ${has}, expected a label that all series have`]
    })
  ]
}

/** What every rule groups by or none may keep, by both names of it, and what rules give to alerts. */
const reserved: ReadonlySet<string> = new Set([
  "job",
  "instance",
  "service.name",
  "service.instance.id",
  "le",
  "severity",
  "alertname",
  "alertstate",
  ...Object.values(definitions).flatMap((all) => all.flatMap(({ labels }) => Object.keys(labels)))
])

/** A metric that has the label, by each name of it: rules that grouped by it could never compare it with another. */
const ownersOf = (metrics: Readonly<Record<string, Rows>>): ReadonlyMap<string, string> =>
  new Map(
    [...Object.values<Rows>(catalogue), ...Object.values(metrics)].flatMap((rows) =>
      Object.values<Row>(rows).flatMap((row) =>
        row.labels.flatMap((label) => [[label, row.name] as const, [otlpAttribute(row, label), row.name] as const])
      )
    )
  )
