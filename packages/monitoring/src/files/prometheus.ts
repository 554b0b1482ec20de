/** The configurations of Prometheus: one that scrapes, and one for version 3 that receives OTLP. */
import type { Settings } from "../settings.ts"
import { header } from "./header.ts"
import { yaml } from "./yaml.ts"

/** Scraped twice per evaluation. */
const global = { scrape_interval: "15s", evaluation_interval: "30s" }

/** OpenMetrics has the start time of each series; Prometheus would store it as a series of its own. */
export const withoutCreated = [{ source_labels: ["__name__"], regex: ".+_created", action: "drop" }]

/**
 * The name of a scrape job is the service: it becomes the label `job`, by which everything is grouped. Labels that rules
 * select come with the target: no rule sees a series without them.
 */
const scrape = ({ naming, selector }: Settings) => [
  {
    job_name: "parametric-portal",
    metric_relabel_configs: withoutCreated,
    static_configs: [
      {
        targets: ["localhost:9464"],
        labels: naming === "prometheus" && Object.keys(selector).length > 0 ? selector : undefined
      }
    ]
  }
]

/** What stands at the top of both: whoever changes one has a copy of their own, which nothing writes again. */
const exampleHeader = (settings: Settings): string =>
  `${header(settings)}# An example: copy it to change targets or intervals. rule_files is relative to the file.\n` +
  "# Exemplars, which lead from a bucket to a trace, need --enable-feature=exemplar-storage.\n"

/** Scrapes the Prometheus endpoint of each process. For version 2.42 and later. */
export const scrapeConfiguration = (settings: Settings): string =>
  `${exampleHeader(settings)}# job_name is the name of the service: one entry for each.\n` +
  yaml({ global, rule_files: ["rules/*.yaml"], scrape_configs: scrape(settings) })

/** The keys that only version 3 knows. */
export const versionThree = {
  otlp: {
    translation_strategy: "UnderscoreEscapingWithSuffixes",
    keep_identifying_resource_attributes: true,
    promote_resource_attributes: ["service.version", "deployment.environment.name"]
  },
  storage: { tsdb: { out_of_order_time_window: "10m" } }
}

/** Attributes of a resource that may tell environments apart. As labels they have `_` where they have dots. */
const environmentAttributes = [
  "cloud.account.id",
  "cloud.region",
  "deployment.environment.name",
  "k8s.cluster.name",
  "k8s.namespace.name"
]

/** The keys of version 3, with the attributes that the rules group by or select as labels. */
const versionThreeFor = ({ groupBy, selector }: Pick<Settings, "groupBy" | "selector">) => {
  const labels = [...groupBy, ...Object.keys(selector)]
  const asked = environmentAttributes.filter((name) => labels.includes(name.replaceAll(".", "_")))
  const promoted = [...new Set([...versionThree.otlp.promote_resource_attributes, ...asked])]
  return { ...versionThree, otlp: { ...versionThree.otlp, promote_resource_attributes: promoted } }
}

/** Receives OTLP at `/api/v1/otlp/v1/metrics`, when started with `--web.enable-otlp-receiver`. */
export const otlpConfiguration = (settings: Settings): string =>
  `${exampleHeader(settings)}# For Prometheus 3, started with --web.enable-otlp-receiver. \`service.name\` becomes the label job, and\n` +
  "# `service.instance.id` becomes the label instance.\n" +
  yaml({ global, rule_files: ["rules/*.yaml"], ...versionThreeFor(settings) })
