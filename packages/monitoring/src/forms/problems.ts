/** Checks settings of Grafana and Kubernetes against what the two accept. */
import { dashboards } from "../dashboards.ts"
import type { GrafanaSettings, KubernetesSettings, Settings } from "../settings.ts"
import { objectName } from "./object.ts"

/** What is wrong, a line each: `kubernetes.scrape.port is "Metrics", expected ...`. */
export const formProblems = (
  settings: Pick<Settings, "grafana" | "kubernetes">,
  uids: ReadonlyArray<string> = dashboards.map(({ uid }) => uid)
): ReadonlyArray<string> => [
  ...grafanaProblems(settings.grafana, uids),
  ...kubernetesProblems(settings.kubernetes),
  ...nameProblems(settings, uids)
]

/** The longest uid that Grafana takes. */
const longestUid = 40

const grafanaProblems = (grafana: GrafanaSettings, uids: ReadonlyArray<string>): ReadonlyArray<string> => {
  const { datasource, folder, tags, uidPrefix } = grafana
  const longest = uids.reduce((one, other) => (other.length > one.length ? other : one), "")
  const space = longestUid - longest.length
  return [
    ...unless(
      /^[A-Za-z0-9_-]*$/.test(uidPrefix),
      ["grafana.uidPrefix", uidPrefix],
      'letters, digits, - and _, such as "shop-"'
    ),
    ...unless(
      uidPrefix.length <= space,
      ["grafana.uidPrefix", uidPrefix],
      `at most ${space} characters: a uid has at most ${longestUid}, and ${longest} is one of them`
    ),
    ...unless(
      folder.trim() !== "" && !/[/\\\p{Cc}]/u.test(folder) && !/^\.+$/.test(folder),
      ["grafana.folder", folder],
      'the name of one folder, without / and \\, such as "Parametric Portal"'
    ),
    ...unless(datasource !== "", ["grafana.datasource", datasource], 'the uid of a data source, such as "prometheus"'),
    ...tags.flatMap((tag, index) => unless(tag.trim() !== "", [`grafana.tags[${index}]`, tag], "a tag"))
  ]
}

const kubernetesProblems = (kubernetes: KubernetesSettings): ReadonlyArray<string> => {
  const { dashboardLabels, folderAnnotation, grafanaLabels, labels, namePrefix, namespace, scrape } = kubernetes
  return [
    ...unless(namespace === undefined || isDnsLabel(namespace), ["kubernetes.namespace", namespace], aNamespace),
    ...unless(
      /^[a-z0-9][a-z0-9-]*$/.test(namePrefix),
      ["kubernetes.namePrefix", namePrefix],
      'lower case letters, digits and -, such as "shop-"'
    ),
    ...labelProblems("kubernetes.labels", labels),
    ...chosenProblems("kubernetes.dashboardLabels", dashboardLabels),
    ...chosenProblems("kubernetes.grafanaLabels", grafanaLabels),
    ...chosenProblems("kubernetes.scrape.labels", scrape.labels),
    ...unless(
      isKey(folderAnnotation),
      ["kubernetes.folderAnnotation", folderAnnotation],
      'the name of an annotation, such as "grafana_folder"'
    ),
    ...unless(
      isPortName(scrape.port),
      ["kubernetes.scrape.port", scrape.port],
      'the name of a port: at most 15 lower case letters, digits and -, such as "metrics"'
    ),
    ...scrape.namespaces.flatMap((name, index) =>
      unless(isDnsLabel(name), [`kubernetes.scrape.namespaces[${index}]`, name], aNamespace)
    )
  ]
}

/** Two dashboards whose uids differ in what the name of an object can't hold. */
const nameProblems = (settings: Pick<Settings, "kubernetes">, uids: ReadonlyArray<string>): ReadonlyArray<string> => {
  const names = uids.map((uid) => objectName(settings, uid))
  const longest = names.find((name) => name.length > longestName)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  return [
    ...(longest === undefined
      ? []
      : [
          `kubernetes.namePrefix makes the name ${JSON.stringify(longest)}, expected at most ${longestName} characters`
        ]),
    ...(twice === undefined
      ? []
      : [
          `two dashboards have the name ${JSON.stringify(twice)} in Kubernetes, expected uids that differ in letters and digits`
        ])
  ]
}

const longestName = 63

const aNamespace = 'the name of a namespace, such as "monitoring"'

/** Labels that choose something: without any, they would choose everything. */
const chosenProblems = (option: string, labels: Readonly<Record<string, string>>): ReadonlyArray<string> => [
  ...(Object.keys(labels).length === 0 ? [`${option} is {}, expected a label at least`] : []),
  ...labelProblems(option, labels)
]

const labelProblems = (option: string, labels: Readonly<Record<string, string>>): ReadonlyArray<string> =>
  Object.entries(labels).flatMap(([key, value]) => [
    ...unless(isKey(key), [`a label of ${option}`, key], 'a name such as "team" or "example.org/team"'),
    ...unless(
      value === "" || isName(value),
      [`${option}.${key}`, value],
      "at most 63 letters, digits, -, _ and ., with a letter or digit at both ends"
    )
  ])

const unless = (
  holds: boolean,
  [option, value]: readonly [option: string, value: unknown],
  expected: string
): ReadonlyArray<string> => (holds ? [] : [`${option} is ${JSON.stringify(value)}, expected ${expected}`])

const isDnsLabel = (text: string): boolean => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(text)

const isName = (text: string): boolean => /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/.test(text)

/** A name, which may stand behind the domain of who made it up. */
const isKey = (text: string): boolean => {
  const [first = "", second, ...more] = text.split("/")
  return more.length === 0 && (second === undefined ? isName(first) : isDomain(first) && isName(second))
}

const isDomain = (text: string): boolean => text.length <= 253 && text.split(".").every(isDnsLabel)

const isPortName = (text: string): boolean =>
  /^[a-z0-9]([a-z0-9-]{0,13}[a-z0-9])?$/.test(text) && /[a-z]/.test(text) && !text.includes("--")
