/** What each option of the configuration may be. */
import type { Convention, Row, Rows } from "@parametric-portal/server/observe/catalogue"
import type { AlertDefinition } from "../alerts/alert.ts"
import { ownAlertProblems } from "../alerts/own-problems.ts"
import { isMap, problemText, written } from "../alerts/problem.ts"
import type { AlertingConfig } from "../alerts/problems.ts"
import type { GrafanaConfig, KubernetesConfig, MonitoringConfig, ScrapeConfig } from "../config.ts"
import type { Form } from "../forms.ts"
import type { OwnRules } from "../own-rules.ts"
import type { AlertTest, Firing } from "../rule-tests/alert-test.ts"
import type { Input } from "../rule-tests/input.ts"
import type { Recording } from "../rules/recording.ts"
import type { Expectation, RouteExpectation } from "../settings.ts"
import { traces } from "./traces.ts"
import { Check, type Fields, listOf, oneOf, recordOf, shape, value } from "./check.ts"

const isText = (given: unknown): given is string => typeof given === "string" && given !== ""

/** Half of a character: no store, no file and no expression can have it. */
const isHalf = (given: string): boolean => /\p{Surrogate}/u.test(given)

const text = value<string>("a text that is not empty", (given) => isText(given) && !isHalf(given))

const anyText = value<string>("a text", (given) => typeof given === "string" && !isHalf(given))

// It is written into comments of YAML and of Markdown.
const command = value<string>(
  'a command on one line, without ` and -->, such as "npm run monitoring"',
  (given) => isText(given) && !/[\p{Cc}\u2028\u2029\p{Surrogate}`]|-->/u.test(given)
)

// A path is a line of the list of generated files.
const folder = value<string>(
  "a folder, without control characters",
  (given) => isText(given) && !/[\p{Cc}\p{Surrogate}]/u.test(given)
)

const share = value<number>(
  "a share above 0 and below 1, such as 0.99",
  (given) => typeof given === "number" && given > 0 && given < 1
)

const seconds = value<number>(
  "a number of seconds above 0",
  (given) => typeof given === "number" && Number.isFinite(given) && given > 0
)

const labelName = (name: string): string | undefined =>
  /^[A-Za-z_][\w.]*$/.test(name) && !name.startsWith("__")
    ? undefined
    : "the name of a label: letters, digits, _ and dots, not __ at the start"

const label = value<string>("the name of a label", (given) => isText(given) && labelName(given) === undefined)

// Grafana has no way to write either without a variable in mind.
const selected = value<string>(
  "a text without $ and [[, which Grafana would read as a variable",
  (given) => anyText.accepts(given) && !/\$|\[\[/.test(given)
)

const labels = recordOf(selected, labelName)

const texts = recordOf(anyText)

const runbooks = value<string>(
  'an http or https URL that ends with / or =, such as "https://wiki.example.org/runbooks/"',
  (given) =>
    isText(given) &&
    /^https?:\/\/[^/]/.test(given) &&
    URL.canParse(given) &&
    /[/=]$/.test(given) &&
    // It stands in templates and in links.
    !/[\s<>"`{}\p{Surrogate}]/u.test(given)
)

const expectation = shape<Partial<Expectation>>({ objective: share, oldestAge: seconds, longestRun: seconds })

const routeExpectation = shape<Partial<RouteExpectation>>({ objective: share, latency: seconds })

/** A job type or a route, which is a value of a matcher: what begins with `$` is a variable of Grafana there. */
const subject = (name: string): string | undefined =>
  name === "" || name.startsWith("$")
    ? "a name that is not empty and does not begin with $"
    : isHalf(name)
      ? "a name without half of a character"
      : undefined

const output = value<boolean | string>(
  "true, false, or a folder without control characters",
  (given) => typeof given === "boolean" || folder.accepts(given)
)

const outputs = shape<Partial<Record<Form, boolean | string>>>({
  prometheus: output,
  "prometheus-operator": output,
  grafana: output,
  "grafana-sidecar": output,
  "grafana-operator": output,
  victoriametrics: output,
  markdown: output
})

const convention = shape<Convention>({ name: text, stability: oneOf(["stable", "development"]), attributes: texts }, [
  "name",
  "stability",
  "attributes"
])

const family = oneOf(["http", "jobs", "cluster", "entityLifetime", "attempts", "messaging"])

const boundaries = new Check<NonNullable<Row["boundaries"]>>((given, path) =>
  Array.isArray(given) ? listOf(value("a number", Number.isFinite)).problems(given, path) : family.problems(given, path)
)

const row = shape<Row>(
  {
    name: text,
    kind: oneOf(["counter", "gauge", "upDownCounter", "histogram"]),
    unit: text,
    labels: listOf(text),
    help: text,
    excludes: anyText,
    scope: oneOf(["runner", "cluster"]),
    since: oneOf(["process"]),
    stable: value<true>("true", (given) => given === true),
    boundaries,
    histogram: oneOf(["explicit", "exponential"]),
    closed: recordOf(listOf(anyText)),
    convention
  },
  ["name", "kind", "unit", "labels", "help"]
)

const metrics = recordOf<Rows>(recordOf(row))

const isNamed = (given: unknown): given is { readonly name: string } =>
  typeof given === "object" && given !== null && "name" in given && isText(given.name)

const isRecording = (given: unknown): given is Recording =>
  isNamed(given) && "expression" in given && typeof given.expression === "function"

const isAlert = (given: unknown): given is AlertDefinition =>
  isNamed(given) &&
  "made" in given &&
  typeof given.made === "function" &&
  "thresholds" in given &&
  isMap(given.thresholds) &&
  Object.values(given.thresholds).every(isMap)

const recording = value<Recording>("a rule made with record", isRecording)

const ownAlert = new Check<AlertDefinition>((given, path) =>
  isAlert(given)
    ? ownAlertProblems(path, given).map((one) => (typeof one === "string" ? one : problemText(one)))
    : [`${path} is ${written(given)}, expected an alert made with alert`]
)

const input = shape<Input>({ series: text, values: text }, ["series", "values"])

const firing = shape<Firing>({ labels: texts, summary: anyText, description: anyText }, [
  "labels",
  "summary",
  "description"
])

// More of them than a week has would take promtool hours.
const mostMinutes = 10_080

const minutes = value<number>(
  `a whole number of minutes above 0, at most ${mostMinutes}`,
  (given) => typeof given === "number" && Number.isInteger(given) && given > 0 && given <= mostMinutes
)

const alertTest = shape<AlertTest>(
  {
    alert: text,
    when: text,
    series: listOf(input),
    firesAt: minutes,
    firing: listOf(firing),
    healthy: shape<AlertTest["healthy"]>({ when: text, series: listOf(input) }, ["when", "series"]),
    watch: minutes,
    every: minutes
  },
  ["alert", "when", "series", "firesAt", "firing", "healthy"]
)

const rules = shape<OwnRules>({
  recordings: listOf(recording),
  alerts: listOf(ownAlert),
  tests: listOf(alertTest)
})

const grafana = shape<GrafanaConfig>({
  uidPrefix: anyText,
  folder: anyText,
  tags: listOf(anyText),
  datasource: anyText
})

const kubernetes = shape<KubernetesConfig>({
  namespace: anyText,
  namePrefix: anyText,
  labels: texts,
  dashboardLabels: texts,
  folderAnnotation: anyText,
  grafanaLabels: texts,
  scrape: shape<ScrapeConfig>({ labels: texts, port: anyText, namespaces: listOf(anyText) })
})

const names = listOf(text)

const nativeHistograms = new Check<true | ReadonlyArray<string>>((given, path) =>
  given === true
    ? []
    : Array.isArray(given)
      ? names.problems(given, path)
      : [`${path} is ${written(given)}, expected true, or a list of names of histograms`]
)

/** What `alertProblems` checks: it knows the alerts that there are. */
const ofAlerts = <A>(): Check<A> => new Check(() => [])

const options: Fields<MonitoringConfig> = {
  to: folder,
  forms: outputs,
  generatedBy: command,
  runbooks,
  rollout: ofAlerts(),
  jobTypes: recordOf(expectation, subject),
  otherJobTypes: expectation,
  routes: recordOf(routeExpectation, subject),
  otherRoutes: routeExpectation,
  groupBy: listOf(label),
  selector: labels,
  naming: oneOf(["prometheus", "victoriametrics"]),
  nativeHistograms,
  traces,
  severities: ofAlerts(),
  labels: ofAlerts(),
  annotations: ofAlerts(),
  alerts: ofAlerts(),
  metrics,
  rules,
  grafana,
  kubernetes
}

/** The names of all options, in their order. */
export const optionNames: ReadonlyArray<string> = Object.keys(options)

/** The whole configuration. */
export const schema = shape<MonitoringConfig>(options)

/** A configuration in which this option is right, whatever the others are like. */
export const anyWith = <K extends keyof MonitoringConfig>(name: K): Check<Pick<MonitoringConfig, K>> =>
  new Check((given, path) =>
    isMap(given)
      ? given[name] === undefined
        ? []
        : options[name].problems(given[name], name)
      : schema.problems(given, path)
  )

/** A configuration in which these options are right, whatever the others are like. */
export const withAll = <const K extends keyof MonitoringConfig>(
  names: ReadonlyArray<K>
): Check<Pick<MonitoringConfig, K>> =>
  new Check((given, path) => names.flatMap((name) => anyWith(name).problems(given, path)))

/** What the checks of alerts look at besides. */
export const besideAlerts = ["rules", "groupBy"] as const

/** A configuration whose alerts can be checked: values of what is looked at besides them are right. */
export const alerting = new Check<AlertingConfig>((given, path) =>
  besideAlerts.flatMap((name) => anyWith(name).problems(given, path))
)
