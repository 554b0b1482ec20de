/** What the guide on Kubernetes shows is what the configuration that it shows makes, and what a server there exports. */
import { it as effectIt } from "@effect/vitest"
import { MetricsService } from "@parametric-portal/server/observe/metrics"
import { Collector } from "@parametric-portal/server/observe/testing/collector"
import { Telemetry } from "@parametric-portal/server/observe/telemetry"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { readFileSync } from "node:fs"
import path from "node:path"
import { describe, expect, it } from "vitest"
import { parse } from "yaml"
import type { MonitoringConfig } from "../../src/config.ts"
import { podMonitor } from "../../src/forms/monitors.ts"
import { formProblems } from "../../src/forms/problems.ts"
import { defaults, type Settings } from "../../src/settings.ts"
import { root } from "../support/promtool.ts"

const guide = readFileSync(path.join(root, "docs/guides/kubernetes.md"), "utf8")

const blocks = (language: string): ReadonlyArray<string> =>
  [...guide.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, "g"))].map(([, text = ""]) => text)

interface Variable {
  readonly name: string
  readonly value?: string
  readonly valueFrom?: { readonly fieldRef: { readonly fieldPath: string } }
}

interface Workload {
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace: string }
  readonly spec: {
    readonly template: {
      readonly metadata: { readonly labels: Readonly<Record<string, string>> }
      readonly spec: {
        readonly containers: ReadonlyArray<{ readonly name: string; readonly env: ReadonlyArray<Variable> }>
      }
    }
  }
}

const manifest = <M extends { readonly kind: string }>(wanted: (one: M) => boolean): M => {
  const found = blocks("yaml")
    .map((text): M => parse(text))
    .find(wanted)
  if (found === undefined) {
    throw new Error("the guide has no such manifest")
  }
  return found
}

const deployment = manifest<Workload>(({ kind }) => kind === "Deployment")

const pod = { name: "checkout-5c9-x2x", uid: "5d3c1f0a" }

/** The variables of a container, as Kubernetes fills them in. */
const environmentOf = ({ metadata, spec: { template } }: Workload): Readonly<Record<string, string>> => {
  const fields: Readonly<Record<string, string>> = {
    "metadata.namespace": metadata.namespace,
    "metadata.name": pod.name,
    "metadata.uid": pod.uid,
    ...Object.fromEntries(
      Object.entries(template.metadata.labels).map(([name, value]) => [`metadata.labels['${name}']`, value])
    )
  }
  const variables: Record<string, string> = {}
  for (const { name, value = "", valueFrom } of template.spec.containers[0]?.env ?? []) {
    variables[name] =
      valueFrom === undefined
        ? value.replaceAll(/\$\((\w+)\)/g, (whole, other: string) => variables[other] ?? whole)
        : (fields[valueFrom.fieldRef.fieldPath] ?? "")
  }
  return variables
}

describe("a server as the guide deploys it", () => {
  effectIt.live("has a resource that says where it is, by which the monitors know it too", () =>
    Effect.gen(function* () {
      const { OTEL_METRICS_EXPORTER: exporter, ...rest } = environmentOf(deployment)
      expect(exporter).toBe("prometheus")
      const environment = Layer.setConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(rest))))
      const [point] = yield* Effect.gen(function* () {
        yield* Effect.void.pipe(MetricsService.trackJob({ jobType: "mail", operation: "process" }))
        yield* Telemetry.flush
        return yield* (yield* Collector).metrics
      }).pipe(
        Effect.provide(
          Telemetry.Default.pipe(
            Layer.provideMerge(MetricsService.layer({ registry: "own" })),
            Layer.provideMerge(Collector.layer),
            Layer.provide(environment)
          )
        )
      )
      expect(point?.resource).toMatchObject({
        "service.name": "checkout",
        "service.instance.id": `shop.${pod.name}.server`,
        "k8s.namespace.name": "shop",
        "k8s.pod.name": pod.name,
        "k8s.pod.uid": pod.uid,
        "deployment.environment.name": "production"
      })
    })
  )
})

describe("the configuration of the guide", () => {
  const config: MonitoringConfig = JSON.parse(blocks("json")[0] ?? "")
  const { forms, groupBy, kubernetes = {}, ...others } = config

  const settings: Settings = {
    ...defaults,
    source: "monitoring.config.json",
    groupBy: groupBy ?? [],
    kubernetes: {
      ...defaults.kubernetes,
      namespace: kubernetes.namespace,
      namePrefix: kubernetes.namePrefix ?? "",
      labels: kubernetes.labels ?? {},
      scrape: { ...defaults.kubernetes.scrape, labels: kubernetes.scrape?.labels ?? {} }
    }
  }

  it("has no problem, and sets nothing but what is looked at here", () => {
    expect(formProblems(settings)).toEqual([])
    expect(others).toEqual({})
    expect(Object.keys(forms ?? {})).toEqual(["prometheus-operator", "grafana-sidecar", "markdown"])
    expect(Object.keys(kubernetes)).toEqual(["namespace", "namePrefix", "labels", "scrape"])
    expect(Object.keys(kubernetes.scrape ?? {})).toEqual(["labels"])
  })

  it("makes the PodMonitor that it shows", () => {
    expect(blocks("yaml")).toContain(podMonitor(settings))
  })
})
