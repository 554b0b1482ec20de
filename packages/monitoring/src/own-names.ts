/** Names of one's own dashboards and rules: they can be written, and none is taken. */
import { catalogue, type Row, type Rows } from "@parametric-portal/server/observe/catalogue"
import { definitions } from "./alerts.ts"
import { dashboards } from "./dashboards.ts"
import type { OwnRules } from "./own-rules.ts"
import { recordings } from "./recordings.ts"
import { storedNames } from "./stored-names.ts"

/** The name of the group of one's own rules, and of its file. */
export const ownGroup = "own"

/** What is one's own. */
interface Own {
  readonly metrics: Readonly<Record<string, Rows>>
  readonly rules: OwnRules
}

/** What is wrong with the names of namespaces, recording rules, alerts and tests, each in a line. */
export const ownNameProblems = (own: Own): ReadonlyArray<string> => [
  ...Object.keys(own.metrics).flatMap(namespaceProblems),
  ...alertProblems(own),
  ...recordingProblems(own),
  ...testProblems(own)
]

const problem = (isSound: boolean, what: string, expected: string): ReadonlyArray<string> =>
  isSound ? [] : [`${what}, expected ${expected}`]

/** A namespace is the uid of a dashboard, which Grafana limits to 40 characters, a prefix of 10 included, and its file. */
const namespaceProblems = (name: string): ReadonlyArray<string> => {
  const taken = [...Object.keys(catalogue), ...dashboards.map(({ uid }) => uid)]
  return [
    ...problem(
      /^[A-Za-z][\w-]{0,29}$/.test(name),
      `metrics has the namespace ${JSON.stringify(name)}`,
      "at most 30 letters, digits, - and _, a letter first"
    ),
    ...problem(
      !taken.includes(name),
      `metrics.${name} is a namespace or a dashboard of the library`,
      "another name, such as your application's"
    )
  ]
}

const alertProblems = ({ rules: { alerts = [] } }: Own): ReadonlyArray<string> => {
  const taken = new Set<string>(Object.values(definitions).flatMap((all) => all.map(({ name }) => name)))
  const key = ({ labels, name }: (typeof alerts)[number]) => JSON.stringify([name, Object.entries(labels).sort()])
  const keys = alerts.map(key)
  return alerts.flatMap(({ name }, index) => {
    const what = `rules.alerts[${index}] is ${JSON.stringify(name)}`
    return [
      // The runbook of README would be the index.
      ...problem(/^[A-Z]\w*$/.test(name) && name.toUpperCase() !== "README", what, "a name in UpperCamelCase"),
      ...problem(!taken.has(name), what, "a name that no alert of the library has"),
      ...problem(
        keys.indexOf(keys[index] ?? "") === index,
        what,
        "each name once, or other labels for each of its rules"
      )
    ]
  })
}

const recordingProblems = ({ metrics, rules: { recordings: own = [] } }: Own): ReadonlyArray<string> => {
  const taken = new Set([
    ...Object.values(recordings).flatMap((all) => all.map(({ name }) => name)),
    ...[...Object.values(catalogue), ...Object.values(metrics)].flatMap((rows) =>
      Object.values<Row>(rows).flatMap(storedNames)
    )
  ])
  const names = own.map(({ name }) => name)
  return names.flatMap((name, index) => {
    const what = `rules.recordings[${index}] is ${JSON.stringify(name)}`
    return [
      ...problem(/^[A-Za-z_][\w:]*$/.test(name), what, "a name such as level:metric:operation"),
      ...problem(!taken.has(name), what, "a name that no metric and no rule of the library has"),
      ...problem(names.indexOf(name) === index, what, "each name once")
    ]
  })
}

const testProblems = ({ rules: { alerts = [], tests = [] } }: Own): ReadonlyArray<string> => {
  const all = [...Object.values(definitions).flatMap((area) => [...area]), ...alerts]
  return tests.flatMap(({ alert, firing }, index) => {
    const rules = all.filter(({ name }) => name === alert)
    const isOfRule = (labels: Readonly<Record<string, string>>): boolean =>
      rules.some((rule) => Object.entries(rule.labels).every(([label, fixed]) => (labels[label] ?? fixed) === fixed))
    return [
      ...problem(rules.length > 0, `rules.tests[${index}] is of ${JSON.stringify(alert)}`, "the name of an alert"),
      ...firing.flatMap(({ labels }, at) =>
        problem(
          rules.length === 0 || isOfRule(labels),
          `rules.tests[${index}].firing[${at}].labels is ${JSON.stringify(labels)}`,
          `the labels that a rule of ${alert} has`
        )
      )
    ]
  })
}
