/** What a monitor makes of the labels that Kubernetes has of a pod, by promtool. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { describe, expect, it } from "vitest"
import { parse } from "yaml"
import { yaml } from "../../src/files/yaml.ts"
import { podMonitor, serviceMonitor } from "../../src/forms/monitors.ts"
import { defaults, type Settings } from "../../src/settings.ts"
import { has, promtool } from "../support/promtool.ts"

interface Relabeling {
  readonly sourceLabels?: ReadonlyArray<string>
  readonly targetLabel?: string
  readonly separator?: string
  readonly regex?: string
  readonly replacement?: string
  readonly action?: string
}

interface Endpoint {
  readonly port: string
  readonly relabelings: ReadonlyArray<Relabeling>
  readonly metricRelabelings: ReadonlyArray<Relabeling>
}

interface Monitor {
  readonly spec: {
    readonly endpoints?: ReadonlyArray<Endpoint>
    readonly podMetricsEndpoints?: ReadonlyArray<Endpoint>
    readonly selector: unknown
    readonly namespaceSelector?: unknown
  }
}

const specOf = (text: string): Monitor["spec"] => {
  const { spec }: Monitor = parse(text)
  return spec
}

const endpointOf = (text: string): Endpoint => {
  const { endpoints = [], podMetricsEndpoints = [] } = specOf(text)
  const [endpoint] = [...endpoints, ...podMetricsEndpoints]
  if (endpoint === undefined) {
    throw new Error("no endpoint")
  }
  return endpoint
}

/** As the operator writes it into the configuration of Prometheus. */
const inPrometheus = ({ sourceLabels, targetLabel, ...rest }: Relabeling) => ({
  source_labels: sourceLabels,
  target_label: targetLabel,
  ...rest
})

const pod = {
  __meta_kubernetes_namespace: "shop",
  __meta_kubernetes_pod_name: "checkout-5c9-x2x",
  __meta_kubernetes_pod_container_name: "server",
  __meta_kubernetes_pod_label_app_kubernetes_io_name: "checkout",
  __meta_kubernetes_pod_label_cluster: "eu-1"
}

/** What the operator adds by itself. */
const added = {
  podMonitor: {
    namespace: "shop",
    pod: "checkout-5c9-x2x",
    container: "server",
    job: "shop/metrics",
    endpoint: "metrics"
  },
  serviceMonitor: {
    namespace: "shop",
    pod: "checkout-5c9-x2x",
    container: "server",
    service: "checkout",
    job: "checkout-service",
    endpoint: "metrics"
  }
}

const labelsOf = async (text: string, labels: Readonly<Record<string, string>>) => {
  const folder = mkdtempSync(path.join(tmpdir(), "monitoring-"))
  try {
    const file = path.join(folder, "prometheus.yaml")
    const static_configs = [{ targets: ["10.0.0.7:9464"], labels }]
    const relabel_configs = endpointOf(text).relabelings.map(inPrometheus)
    writeFileSync(file, yaml({ scrape_configs: [{ job_name: "found", static_configs, relabel_configs }] }))
    const { code, output } = await promtool("check", "service-discovery", "--timeout=2s", file, "found")
    expect({ code, output: code === 0 ? "" : output }).toEqual({ code: 0, output: "" })
    const [found]: ReadonlyArray<{ labels: Readonly<Record<string, string>> }> = JSON.parse(output)
    return Object.fromEntries(Object.entries(found?.labels ?? {}).filter(([name]) => !name.startsWith("__")))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const several: Settings = {
  ...defaults,
  groupBy: ["cluster", "namespace", "deployment_environment_name"],
  selector: { team: "check$1out" }
}

describe.runIf(has("promtool"))("a process that a monitor finds", () => {
  const series = {
    job: "checkout",
    instance: "shop.checkout-5c9-x2x.server",
    namespace: "shop",
    pod: "checkout-5c9-x2x"
  }

  it("has the same labels by pod and by service", async () => {
    expect(await labelsOf(podMonitor(defaults), { ...pod, ...added.podMonitor })).toEqual(series)
    expect(await labelsOf(serviceMonitor(defaults), { ...pod, ...added.serviceMonitor })).toEqual(series)
  })

  it("has the labels that rules group by and select: of its namespace, of its pod, and of the settings", async () => {
    expect(await labelsOf(podMonitor(several), { ...pod, ...added.podMonitor })).toEqual({
      ...series,
      cluster: "eu-1",
      team: "check$1out"
    })
  })

  it("keeps what Prometheus calls it where its pod has no name for it", async () => {
    const labels = { __meta_kubernetes_namespace: "shop", __meta_kubernetes_pod_name: "checkout-5c9-x2x" }
    expect(await labelsOf(serviceMonitor(defaults), { ...labels, ...added.serviceMonitor })).toEqual({
      ...series,
      job: "checkout-service",
      instance: "10.0.0.7:9464"
    })
  })
})

describe("a monitor", () => {
  it("drops the series that only say when another began", () => {
    for (const text of [podMonitor(defaults), serviceMonitor(defaults)]) {
      expect(endpointOf(text).metricRelabelings).toEqual([
        { sourceLabels: ["__name__"], regex: ".+_created", action: "drop" }
      ])
    }
  })

  it("looks in its own namespace, or in those of the settings", () => {
    const { kubernetes } = defaults
    const scrape = { labels: { app: "shop" }, port: "telemetry", namespaces: ["a", "b"] }
    expect(specOf(podMonitor(defaults)).namespaceSelector).toBeUndefined()
    const elsewhere = serviceMonitor({ ...defaults, kubernetes: { ...kubernetes, scrape } })
    expect(specOf(elsewhere)).toMatchObject({
      selector: { matchLabels: { app: "shop" } },
      namespaceSelector: { matchNames: ["a", "b"] }
    })
    expect(endpointOf(elsewhere).port).toBe("telemetry")
  })
})
