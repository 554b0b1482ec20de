/** Whether what a row says of a convention can be told on OTLP. */
import * as Predicate from "effect/Predicate"
import type { Row } from "../catalogue/row.ts"

/** What is wrong with a row's convention. */
export interface ConventionProblem {
  readonly reason: "Name" | "Label"
  readonly given: string
  readonly expected: string
}

/** A name that OpenTelemetry allows and Prometheus makes the row's of, and an attribute of its own for each label. */
export const conventionProblem = ({ convention, labels, name }: Row): ConventionProblem | undefined => {
  if (convention === undefined) {
    return undefined
  }
  const { attributes, name: otlp }: Record<string, unknown> = Predicate.isReadonlyRecord(convention) ? convention : {}
  if (!Predicate.isString(otlp) || !legalName.test(otlp) || !isNameOf(name, otlp)) {
    const expected = "the name of a convention, of which the row's is the form with underscores and unit"
    return { reason: "Name", given: String(otlp), expected }
  }
  if (!Predicate.isReadonlyRecord(attributes)) {
    return { reason: "Label", given: String(attributes), expected: "a record of label -> attribute" }
  }
  const named: ReadonlyArray<unknown> = labels.map((label) =>
    Object.hasOwn(attributes, label) ? attributes[label] : label
  )
  const wrong = named.find(
    (attribute, index) => !Predicate.isString(attribute) || attribute === "" || named.indexOf(attribute) !== index
  )
  return wrong === undefined && !named.includes(undefined)
    ? undefined
    : { reason: "Label", given: String(wrong), expected: "an attribute of its own for each label" }
}

/** OpenTelemetry's syntax of instrument names. */
const legalName = /^[a-zA-Z][a-zA-Z0-9_./-]{0,254}$/

const isNameOf = (name: string, otlp: string): boolean => {
  const stem = otlp.replaceAll(/[./-]/g, "_")
  return (
    name.startsWith(stem) &&
    /^(_(seconds|bytes|celsius|percent|ratio|per_second|total))*$/.test(name.slice(stem.length))
  )
}
