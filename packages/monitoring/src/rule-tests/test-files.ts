/** The files in which tests of alerts are written for promtool, beside the rule files. */
import { header } from "../files/header.ts"
import type { Monitoring } from "../monitoring.ts"
import { metricsIn } from "../promql/parse.ts"
import type { AlertTest } from "./alert-test.ts"
import { environmentFor, firingTest, silentTest, testFile } from "./promtool.ts"

/**
 * Path, from the folder of the form `prometheus`, -> content; `promtool test rules tests/*.yaml` runs them. Tests of alerts
 * that are switched off are left out. None are written for VictoriaMetrics' own names, which promtool does not read.
 */
export const testFiles = (monitoring: Monitoring): ReadonlyMap<string, string> => {
  const { settings, tests } = monitoring
  if (settings.naming !== "prometheus") {
    return new Map()
  }
  const environment = environmentFor(settings)
  const counts = new Map<string, number>()
  return new Map(
    tests.map((test) => {
      const count = (counts.get(test.alert) ?? 0) + 1
      counts.set(test.alert, count)
      const groups = groupsFor(monitoring, test)
      const tested = testFile({
        rules: groups.map((name) => `../rules/${name}.yaml`),
        groups,
        every: test.every ?? 1,
        tests: [firingTest(monitoring, test, environment), silentTest(test, environment)]
      })
      return [`tests/${test.alert}${count === 1 ? "" : `-${count}`}.yaml`, header(settings) + tested] as const
    })
  )
}

/** The group of the alert, after those whose recording rules that group uses. */
const groupsFor = ({ groups }: Monitoring, { alert }: AlertTest): ReadonlyArray<string> => {
  const home = groups.find(({ alerts }) => alerts.some(({ name }) => name === alert))
  const used = new Set(
    [...(home?.alerts ?? []), ...(home?.recordings ?? [])].flatMap(({ expression }) => metricsIn(String(expression)))
  )
  return groups
    .filter((group) => group === home || group.recordings.some(({ name }) => used.has(name)))
    .map(({ name }) => name)
}
