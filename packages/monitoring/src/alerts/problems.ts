/**
 * What is wrong with the alerts of a configuration: settings with which an alert could never fire, would fire always, or
 * would be refused by Prometheus. Pure; whoever reads configurations says it to their author.
 */
import { definitions } from "../alerts.ts"
import { nearest } from "../config/check.ts"
import type { MonitoringConfig } from "../config.ts"
import type { Range } from "../promql/select.ts"
import { defaults, type Settings } from "../settings.ts"
import { type AlertDefinition, isOn } from "./alert.ts"
import { secondsOf } from "./duration.ts"
import { annotationProblems, labelProblems, textProblems } from "./label-problems.ts"
import { below, isMap, problem, type Problem, problemsOfEach } from "./problem.ts"
import { lasting } from "./text.ts"
import type { Threshold } from "./threshold.ts"

/** The parts of the configuration that make alerts. */
export type AlertingConfig = Pick<
  MonitoringConfig,
  "alerts" | "annotations" | "groupBy" | "labels" | "rollout" | "rules" | "severities"
>

/** The problems, with the path of each. Values need not have the types of the configuration: JSON has none. */
export const alertProblems = (config: AlertingConfig): ReadonlyArray<Problem> => {
  const rollout = config.rollout === undefined ? defaults.rollout : config.rollout
  const rolloutProblems = durationProblems("rollout", rollout)
  const all = [...Object.values(definitions).flat(), ...listOf(config.rules?.alerts)]
  const context: Context = { all, config, rollout: rolloutProblems.length === 0 ? rollout : "0s" }
  const problems = [
    ...rolloutProblems,
    ...problemsOfEach("severities", config.severities, severityProblems),
    ...labelProblems("labels", config.labels, new Set(all.flatMap((one) => [...ownLabels(one, config)]))),
    ...annotationProblems("annotations", config.annotations),
    ...problemsOfEach("alerts", config.alerts, (path, value, name) => problemsOf(path, value, of(name, context)))
  ]
  return problems.length === 0 ? neverFiring(context) : problems
}

interface Context {
  readonly all: ReadonlyArray<AlertDefinition>
  readonly config: AlertingConfig
  readonly rollout: Range
}

/** The rules of one name. */
interface Named extends Context {
  readonly name: string
  readonly rules: ReadonlyArray<AlertDefinition>
}

const of = (name: string, context: Context): Named => ({
  ...context,
  name,
  rules: context.all.filter((one) => one.name === name)
})

/** JSON may have anything where a list belongs, which whoever checks that says. */
const listOf = <A>(value: ReadonlyArray<A> | undefined): ReadonlyArray<A> => (Array.isArray(value) ? value : [])

const severities: ReadonlyArray<unknown> = ["critical", "warning"]

const severityProblems = (path: string, value: unknown, name: string): ReadonlyArray<Problem> => {
  if (!severities.includes(name)) {
    return [problem(path, value, { expected: `a value for ${severities.join(" or ")}`, fix: "Correct the name" })]
  }
  return value === "" ? [problem(path, value, { expected: "text that is not empty" })] : textProblems(path, value)
}

const keys = ["severity", "for", "keepFiringFor", "labels", "annotations", "thresholds", "windows"]

const problemsOf = (path: string, given: unknown, named: Named): ReadonlyArray<Problem> => {
  const [first] = named.rules
  if (first === undefined) {
    return [unknownAlert(path, given, named)]
  }
  if (given === false) {
    return []
  }
  if (!isMap(given)) {
    return [problem(path, given, { expected: "false, or an object with what differs" })]
  }
  return [
    ...unknownNames(path, given),
    ...(given["severity"] === undefined || severities.includes(given["severity"])
      ? []
      : [problem(`${path}.severity`, given["severity"], { expected: severities.join(" or ") })]),
    ...forProblems(`${path}.for`, given["for"], named),
    ...durationProblems(`${path}.keepFiringFor`, given["keepFiringFor"]),
    ...labelProblems(`${path}.labels`, given["labels"], ownLabels(first, named.config)),
    ...annotationProblems(`${path}.annotations`, given["annotations"]),
    ...problemsOfEach(`${path}.thresholds`, given["thresholds"], (at, value, name) =>
      thresholdProblems(at, value, { name, thresholds: first.thresholds })
    ),
    ...problemsOfEach(`${path}.windows`, given["windows"], (at, value, name) =>
      windowProblems(at, value, { name, windows: named.rules.flatMap(({ window }) => window ?? []) })
    )
  ]
}

/** The labels of its series, and those that its rule gives it. One of the selector is the same for all: it may be said. */
const ownLabels = (definition: AlertDefinition, { groupBy }: AlertingConfig): ReadonlySet<string> =>
  new Set([
    ...definition.made(defaults).expression.labels,
    ...listOf(groupBy),
    ...Object.keys(definition.labels),
    "severity",
    "alertname"
  ])

const unknownNames = (path: string, map: Readonly<Record<string, unknown>>): ReadonlyArray<Problem> =>
  Object.entries(map)
    .filter(([name]) => !keys.includes(name))
    .map(([name, value]) => unknownName(below(path, name), value, keys))

const list = (names: ReadonlyArray<string>): string => [...new Set(names)].join(", ")

const durationProblems = (path: string, value: unknown): ReadonlyArray<Problem> =>
  value === undefined || isDuration(value)
    ? []
    : [
        problem(path, value, {
          expected: 'a duration of at most a hundred years, in whole seconds, minutes, hours or days, such as "10m"'
        })
      ]

const isDuration = (value: unknown): value is Range => typeof value === "string" && !Number.isNaN(secondsOf(value))

const forProblems = (path: string, value: unknown, { rollout }: Context): ReadonlyArray<Problem> =>
  isDuration(value) && secondsOf(value) <= secondsOf(rollout)
    ? [
        problem(path, value, {
          expected: `longer than a rollout, which takes up to ${rollout}: else each rollout fires it`,
          fix: "Use a longer one, omit it, or set `rollout`"
        })
      ]
    : durationProblems(path, value)

const thresholdProblems = (
  path: string,
  value: unknown,
  { name, thresholds }: { readonly name: string; readonly thresholds: Readonly<Record<string, Threshold>> }
): ReadonlyArray<Problem> => {
  const threshold = Object.hasOwn(thresholds, name) ? thresholds[name] : undefined
  if (threshold === undefined) {
    return [unknownName(path, value, Object.keys(thresholds))]
  }
  const { above, below = Number.POSITIVE_INFINITY, help } = threshold
  const isAllowed = typeof value === "number" && (above === undefined ? value >= 0 : value > above) && value < below
  return isAllowed ? [] : [problem(path, value, { expected: `a number ${bounds(threshold)}: ${help}` })]
}

const bounds = ({ above, below }: Threshold): string =>
  `${above === undefined ? "of at least 0" : `above ${above}`}${below === undefined ? "" : ` and below ${below}`}`

const windowProblems = (
  path: string,
  value: unknown,
  { name, windows }: { readonly name: string; readonly windows: ReadonlyArray<string> }
): ReadonlyArray<Problem> => {
  if (!windows.includes(name)) {
    return [unknownName(path, value, windows)]
  }
  return value === false ? [] : [problem(path, value, { expected: "false, which leaves this window out" })]
}

const unknownName = (path: string, value: unknown, known: ReadonlyArray<string>): Problem =>
  problem(path, value, {
    expected: known.length === 0 ? "nothing: this alert has none" : `one of ${list(known)}`,
    fix: "Correct the name, or remove it"
  })

/** With the name that was probably meant in the place of all, of which there are many. */
const unknownAlert = (path: string, value: unknown, { all, name }: Named): Problem => {
  const known = all.map((one) => one.name)
  const near = nearest(name, known)
  return near === undefined
    ? unknownName(path, value, known)
    : problem(path, value, { expected: `the name of an alert, such as ${near}`, fix: "Correct the name, or remove it" })
}

/** What would have to hold for longer than it can. Only for a configuration without other problems. */
const neverFiring = ({ all, config, rollout }: Context): ReadonlyArray<Problem> => {
  const settings: Settings = {
    ...defaults,
    rollout,
    alerts: Object.fromEntries(
      Object.entries(config.alerts ?? {}).flatMap(([name, one]) => (one === undefined ? [] : [[name, one]]))
    )
  }
  return all
    .filter((one) => isOn(one, settings))
    .map((one) => one.made(settings))
    .flatMap(({ for: held, lasts = Number.POSITIVE_INFINITY, name }) =>
      secondsOf(held) < lasts
        ? []
        : [
            problem(`alerts.${name}.for`, held, {
              expected: `less than ${lasting(lasts)}, for which its condition can hold at most: it would never fire`,
              fix: `Use a shorter \`for\` and \`rollout\`, or switch the alert off with \`false\``
            })
          ]
    )
}
