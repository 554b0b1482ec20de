/**
 * The rules: those of `promtool check metrics`
 * (https://github.com/prometheus/client_golang/tree/main/prometheus/testutil/promlint), and ours.
 */
import type { ExportMetric } from "../../collect/points/point.ts"
import { unitWord } from "../../collect/points/unit.ts"
import { typeNames } from "../../prometheus/text/render.ts"
import { metricName } from "../../prometheus/text/syntax.ts"
import { abbreviations, baseOf } from "./units.ts"

/** The name of a rule of `lint`. */
export type LintRule =
  | "help"
  | "counter_suffix"
  | "reserved_suffix"
  | "reserved_label"
  | "type_in_name"
  | "base_unit"
  | "unit_suffix"
  | "unit_abbreviation"
  | "colon"
  | "camel_case"
  | "illegal_name"
  | "illegal_label"
  | "conflict"
  | "series"
  | "id_label"

/** A metric as it was defined, and its series. */
export interface Family {
  readonly name: string
  readonly kind: ExportMetric["kind"]
  /** UCUM, or empty. */
  readonly unit: string
  readonly help: string
  readonly labelNames: ReadonlySet<string>
  readonly series: ReadonlyArray<ReadonlyArray<{ readonly key: string; readonly value: string }>>
  /** How many definitions of this name there are that differ. */
  readonly definitions: number
  readonly isOwn: boolean
  /** A convention of OpenTelemetry gives it its name. */
  readonly isConventional: boolean
}

/** What a rule found. */
export interface Finding {
  readonly rule: LintRule
  readonly problem: string
  readonly fix: string
}

/** What is wrong with a metric. */
export const findings = (family: Family, maxSeries: number): ReadonlyArray<Finding> => [
  ...rules.flatMap((rule) => rule(family)),
  ...tooMany(family, maxSeries)
]

type Rule = (family: Family) => ReadonlyArray<Finding>

const finding = (rule: LintRule, problem: string, fix: string): ReadonlyArray<Finding> => [{ rule, problem, fix }]

const nothing: ReadonlyArray<Finding> = []

const help: Rule = (family) =>
  family.help.trim() !== ""
    ? nothing
    : finding(
        "help",
        "it has no help text",
        "Say in one sentence when it moves: `help` of MetricsService.define, `description` of Effect's Metric."
      )

const counterSuffix: Rule = ({ kind, name }) => {
  const isTotal = name.endsWith("_total")
  if (kind === "counter") {
    return isTotal ? nothing : finding("counter_suffix", "a counter does not end in _total", `Call it ${name}_total.`)
  }
  return isTotal
    ? finding(
        "counter_suffix",
        `a ${typeNames[kind]} ends in _total`,
        kind === "upDownCounter"
          ? "Make it a counter that only grows (`incremental: true` of Metric.counter), or leave _total out."
          : "Leave _total out: it says that a metric only grows."
      )
    : nothing
}

const reservedSuffix: Rule = ({ isConventional, kind, name }) => {
  const isDistribution = kind === "histogram" || kind === "summary"
  const suffix = ["_bucket", "_count", "_sum"].find((one) => name.endsWith(one))
  return suffix === undefined || isConventional || kind === "histogram" || (isDistribution && suffix !== "_bucket")
    ? nothing
    : finding(
        "reserved_suffix",
        `its name ends in ${suffix}, as the samples of ${suffix === "_bucket" ? "histograms" : "histograms and summaries"} do`,
        `Leave ${suffix} out of the name.`
      )
}

const reservedLabel: Rule = ({ kind, labelNames }) =>
  Array.from(labelNames).flatMap((name) => {
    const owner = reservedLabels.get(name) ?? (name.startsWith("__") ? "Prometheus itself" : undefined)
    const isItsOwn = (kind === "histogram" && name === "quantile") || (kind === "summary" && name === "le")
    return owner === undefined && !isItsOwn
      ? nothing
      : finding("reserved_label", `the label ${name} is reserved for ${owner}`, `Give the label another name.`)
  })

const typeInName: Rule = ({ name }) => {
  const type = types.find((one) => `${name.toLowerCase()}_`.includes(`_${one}_`))
  return type === undefined
    ? nothing
    : finding("type_in_name", `its name says that it is a ${type}`, `Leave ${type} out: its type says so.`)
}

/** Those of Prometheus: none belongs in a name, also not that of another type. */
const types = Array.from(new Set(Object.values(typeNames)))

const baseUnit: Rule = ({ kind, name, unit }) => {
  const named = baseOf(name)
  if (named !== undefined && named.base !== named.unit) {
    return finding("base_unit", `its name has the unit ${named.unit}`, `Record ${named.base}, and say so in the name.`)
  }
  const word = unitWord(unit)
  const base = word === undefined ? undefined : baseOf(word)
  return word === undefined || base === undefined || base.base === word
    ? nothing
    : finding(
        "base_unit",
        `it is recorded in ${word}`,
        kind === "histogram" && base.base === "seconds"
          ? `Record ${base.base}: a histogram of MetricsService.define whose unit is "s" takes a Duration.`
          : `Record ${base.base}.`
      )
}

const unitSuffix: Rule = ({ name, unit }) => {
  const word = unitWord(unit)
  const isNamed = word === undefined || !needsWord.has(word) || name.split("_").includes(word)
  return isNamed
    ? nothing
    : finding(
        "unit_suffix",
        `its unit, ${word}, is not in its name`,
        `Call it ${named(name, baseOf(word)?.base ?? word)}.`
      )
}

const unitAbbreviation: Rule = ({ name }) => {
  const found = abbreviations.find((one) => `${name.toLowerCase()}_`.includes(`_${one}_`))
  return found === undefined
    ? nothing
    : finding(
        "unit_abbreviation",
        `its name abbreviates a unit: ${found}`,
        "Write the unit out: seconds, bytes, meters."
      )
}

const colon: Rule = ({ name }) =>
  name.includes(":")
    ? finding("colon", "its name has a colon, which is for recording rules", `Call it ${name.replaceAll(":", "_")}.`)
    : nothing

const camelCase: Rule = ({ labelNames, name }) => [
  ...(camel.test(name) ? finding("camel_case", "its name is in camelCase", `Call it ${snake(name)}.`) : nothing),
  ...Array.from(labelNames).flatMap((label) =>
    camel.test(label)
      ? finding("camel_case", `the label ${label} is in camelCase`, `Call it ${snake(label)}.`)
      : nothing
  )
]

const illegalName: Rule = ({ name }) =>
  /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name)
    ? nothing
    : finding(
        "illegal_name",
        "its name has characters other than a-z, A-Z, 0-9 and _, or begins with a digit",
        `Call it ${metricName(name)}, as Prometheus will.`
      )

const illegalLabel: Rule = ({ labelNames }) =>
  Array.from(labelNames).flatMap((label) =>
    /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(label) || label === overflowLabel
      ? nothing
      : finding(
          "illegal_label",
          `the label ${JSON.stringify(label)} has characters other than a-z, A-Z, 0-9 and _, or begins with a digit`,
          "Name labels in lower_snake_case: with other characters two labels can become one in Prometheus."
        )
  )

const conflict: Rule = ({ definitions }) =>
  definitions < 2
    ? nothing
    : finding(
        "conflict",
        `it is defined in ${definitions} ways that differ in kind, unit, boundaries or help`,
        "Define it once, in one constant, and use that everywhere."
      )

/** Values that tell one thing from all others: with them, each thing is a series. */
const idLabel: Rule = ({ series }) => {
  const found = new Map(series.flat().flatMap(({ key, value }) => (isId(value) ? [[key, value] as const] : [])))
  return Array.from(found).flatMap(([label, value]) =>
    finding(
      "id_label",
      `the label ${label} has a value that looks like an id: ${value}`,
      "Leave it out; put ids into spans and log lines."
    )
  )
}

const tooMany = ({ series }: Family, maxSeries: number): ReadonlyArray<Finding> => {
  const isFolded = series.some((labels) => labels.some(({ key }) => key === overflowLabel))
  if (series.length <= maxSeries && !isFolded) {
    return nothing
  }
  return finding(
    "series",
    isFolded
      ? `it has reached its limit: what is over ${series.length} series is folded into one`
      : `it has ${series.length} series; the limit is ${maxSeries}`,
    `Leave out the label with the most values: ${richest(series)}.`
  )
}

const richest = (series: Family["series"]): string => {
  const values = new Map<string, Set<string>>()
  for (const { key, value } of series.flat()) {
    values.set(key, (values.get(key) ?? new Set<string>()).add(value))
  }
  values.delete(overflowLabel)
  const [most] = Array.from(values).sort(([, one], [, other]) => other.size - one.size)
  return most === undefined ? "none" : `${most[0]} (${most[1].size})`
}

const overflowLabel = "otel.metric.overflow"

const isId = (value: string): boolean =>
  /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(value) ||
  /^[0-9]{6,}$/.test(value) ||
  (/^[0-9a-f]{16,}$/i.test(value) && /[0-9]/.test(value))

const camel = /[a-z][A-Z]/

const snake = (name: string): string => name.replace(/([a-z])([A-Z])/g, "$1_$2").toLowerCase()

const named = (name: string, word: string): string =>
  name.endsWith("_total") ? `${name.slice(0, -"_total".length)}_${word}_total` : `${name}_${word}`

/** The units that a name says by a word. */
const needsWord: ReadonlySet<string> = new Set(["seconds", "bytes", "milliseconds", "microseconds", "nanoseconds"])

const reservedLabels: ReadonlyMap<string, string> = new Map([
  ["le", "a histogram's bucket"],
  ["quantile", "a summary's quantile"],
  ["job", "the scraped job"],
  ["instance", "the scraped address"]
])

const rules: ReadonlyArray<Rule> = [
  help,
  counterSuffix,
  reservedSuffix,
  reservedLabel,
  typeInName,
  baseUnit,
  unitSuffix,
  unitAbbreviation,
  colon,
  camelCase,
  illegalName,
  illegalLabel,
  conflict,
  idLabel
]
