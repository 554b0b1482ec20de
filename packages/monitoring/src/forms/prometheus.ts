/** Files of Prometheus: rules, tests of alerts, and examples of configurations that scrape or receive OTLP. */
import { otlpConfiguration, scrapeConfiguration } from "../files/prometheus.ts"
import { ruleFile } from "../files/rules.ts"
import type { Monitoring } from "../monitoring.ts"
import { testFiles } from "../rule-tests/test-files.ts"

/** Path -> content. */
export const prometheusFiles = (monitoring: Monitoring): ReadonlyMap<string, string> =>
  new Map([
    ...monitoring.groups.map((group) => [`rules/${group.name}.yaml`, ruleFile(monitoring, group)] as const),
    ...testFiles(monitoring),
    ["prometheus.yaml", scrapeConfiguration(monitoring.settings)],
    ["prometheus-otlp.yaml", otlpConfiguration(monitoring.settings)]
  ])
