import { describe, expect, it } from "vitest"
import { parse } from "yaml"
import { otlpConfiguration, scrapeConfiguration } from "../../src/files/prometheus.ts"
import { defaults } from "../../src/settings.ts"

const promoted = (groupBy: ReadonlyArray<string>, selector: Readonly<Record<string, string>> = {}) =>
  parse(otlpConfiguration({ ...defaults, groupBy, selector })).otlp.promote_resource_attributes

describe("the configuration for OTLP", () => {
  it("makes labels of the attributes that rules group by or select", () => {
    expect(promoted([])).toEqual(["service.version", "deployment.environment.name"])
    expect(promoted(["k8s_cluster_name", "deployment_environment_name"], { k8s_namespace_name: "shop" })).toEqual([
      "service.version",
      "deployment.environment.name",
      "k8s.cluster.name",
      "k8s.namespace.name"
    ])
  })
})

describe("the configuration that scrapes", () => {
  const targets = (selector: Readonly<Record<string, string>>) =>
    parse(scrapeConfiguration({ ...defaults, selector })).scrape_configs[0].static_configs

  it("gives a target the labels without which no rule sees it", () => {
    expect(targets({})).toEqual([{ targets: ["localhost:9464"] }])
    expect(targets({ team: "checkout" })).toEqual([{ targets: ["localhost:9464"], labels: { team: "checkout" } }])
  })
})
