/** What is wrong with the option `nativeHistograms`: names that are no histogram, and stores and rules that can't have any. */
import { catalogue, type Row, type Rows } from "@parametric-portal/server/observe/catalogue"
import { isExpression } from "../alerts/own-problems.ts"
import type { MonitoringConfig } from "../config.ts"
import { alwaysExplicit, nativeOf } from "../native-histograms.ts"
import type { OwnRules } from "../own-rules.ts"
import { isHistogram, nativeProblem, type NativeOf } from "../promql/native.ts"
import { selectorsOf } from "../promql/node.ts"
import type { Vector } from "../promql/vector.ts"
import type { Recording } from "../rules/recording.ts"
import { defaults } from "../settings.ts"
import { nearest, type Problems } from "./check.ts"

type Given = Pick<MonitoringConfig, "forms" | "metrics" | "naming" | "nativeHistograms" | "rules">

/** The problems of the option, and of rules of one's own that read what a native histogram has not. */
export const nativeProblems = ({ forms, metrics = {}, naming, nativeHistograms = [], rules = {} }: Given): Problems => {
  if (nativeHistograms !== true && nativeHistograms.length === 0) {
    return []
  }
  const rows = [...Object.values<Rows>(catalogue), ...Object.values(metrics)].flatMap((one) => Object.values<Row>(one))
  return [
    ...(nativeHistograms === true ? [] : nameProblems(nativeHistograms, rows)),
    ...storeProblems({ forms, naming }),
    ...ruleProblems(rules, nativeOf(rows, { nativeHistograms }))
  ]
}

const nameProblems = (names: ReadonlyArray<string>, rows: ReadonlyArray<Row>): Problems => {
  const histograms = rows.flatMap(({ kind, name }) => (kind === "histogram" && name !== alwaysExplicit ? [name] : []))
  return names.flatMap((name, index) => {
    const what = `nativeHistograms[${index}] is ${JSON.stringify(name)}`
    if (histograms.includes(name)) {
      return names.indexOf(name) === index ? [] : [`${what}, expected each name once`]
    }
    const near = nearest(name, histograms)
    return [
      name === alwaysExplicit
        ? `${what}, which always has boundaries: leave it out`
        : `${what}, expected the name of a histogram${near === undefined ? "" : `: did you mean ${near}?`}`
    ]
  })
}

const storeProblems = ({ forms, naming }: Pick<Given, "forms" | "naming">): Problems => [
  ...(naming === "victoriametrics"
    ? ['nativeHistograms is set with naming "victoriametrics", expected none: VictoriaMetrics has no native histograms']
    : []),
  ...((forms?.victoriametrics ?? false) === false
    ? []
    : [
        "nativeHistograms is set with the form victoriametrics, expected none: VictoriaMetrics has no native histograms"
      ])
]

const ruleProblems = ({ alerts = [], recordings = [] }: OwnRules, native: NativeOf): Problems => {
  // What a rule records of buckets has buckets too, and so has what the next one records of that.
  const recordsNative = throughRules(recordings, ({ node }, isBefore) =>
    isHistogram(node, (name) => (isBefore(name) ? { metric: name, part: "bucket" } : native(name)))
  )
  const stored: NativeOf = (name) => (recordsNative(name) ? { metric: name, part: "bucket" } : native(name))
  const isExplicit = (name: string) => name.endsWith("_bucket") && native(name) === undefined
  const recordsExplicit = throughRules(
    recordings,
    ({ labels, node }, isBefore) =>
      labels.includes("le") && selectorsOf(node).some(({ metric }) => isExplicit(metric) || isBefore(metric))
  )
  const series = { nativeOf: stored, hasBoundaries: (name: string) => isExplicit(name) || recordsExplicit(name) }
  const problems = (path: string, vector: Vector<string> | undefined): Problems => {
    const problem = vector === undefined ? undefined : nativeProblem(vector.node, series)
    return problem === undefined
      ? []
      : [`${path} ${problem}, which a native histogram can't answer: leave its metric out of nativeHistograms`]
  }
  return [
    ...recordings.flatMap((one, index) =>
      problems(
        `rules.recordings[${index}]`,
        made(() => one.expression(defaults))
      )
    ),
    ...alerts.flatMap((one, index) =>
      problems(
        `rules.alerts[${index}]`,
        made(() => one.made(defaults).expression)
      )
    )
  ]
}

/** Whether it holds of what a rule of this name records, which may be of what other rules record. */
const throughRules = (
  recordings: ReadonlyArray<Recording>,
  holds: (vector: Vector<string>, isBefore: (name: string) => boolean) => boolean
): ((name: string) => boolean) => {
  const known = new Map<string, boolean>()
  const isSo = (name: string): boolean => {
    const found = recordings.find((one) => one.name === name)
    if (found !== undefined && !known.has(name)) {
      // Of rules that record each other it does not.
      known.set(name, false)
      const vector = made(() => found.expression(defaults))
      known.set(name, vector !== undefined && holds(vector, isSo))
    }
    return known.get(name) ?? false
  }
  return isSo
}

/** What can't be made is a problem that the check of rules has. */
const made = (make: () => Vector<string>): Vector<string> | undefined => {
  try {
    const vector = make()
    return isExpression(vector) ? vector : undefined
  } catch {
    return undefined
  }
}
