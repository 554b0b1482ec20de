/** VictoriaMetrics as the guide on monitoring sets it up: OTLP in, `job` and `instance` as labels, and its API. */
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { writeFileSync } from "node:fs"
import path from "node:path"
import { freePort } from "../../../vitest.ports.ts"
import { answers, folder, type Running, start } from "./process.ts"
import { query } from "./prometheus.ts"
import type { RealReceiver, Stored } from "./stored.ts"

export interface VictoriaMetrics extends RealReceiver, Running {
  readonly address: string
  readonly query: (expression: string) => Promise<ReadonlyArray<Stored>>
}

/** What the rules group by. What vmalert records has no attributes of a resource, and keeps the labels that it has. */
const relabeling = [
  { source_labels: ["service_name"], regex: "(.+)", target_label: "job" },
  { source_labels: ["service_instance_id"], regex: "(.+)", target_label: "instance" }
]

/** What the guide sets, so that names are those of Prometheus. */
const prometheusNames = (home: string): ReadonlyArray<string> => {
  const file = path.join(home, "relabel.yaml")
  writeFileSync(file, JSON.stringify(relabeling))
  return [
    `-relabelConfig=${file}`,
    "-opentelemetry.usePrometheusNaming",
    "-opentelemetry.promoteAllResourceAttributes=false",
    "-opentelemetry.promoteResourceAttributes=service.name,service.instance.id,service.version"
  ]
}

const startWith = (argumentsIn: (home: string) => ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const home = yield* folder
    const address = `http://127.0.0.1:${yield* Effect.promise(freePort)}`
    const running = yield* start({
      program: "victoria-metrics",
      args: [
        `-storageDataPath=${path.join(home, "data")}`,
        `-httpListenAddr=${address.slice("http://".length)}`,
        ...argumentsIn(home)
      ],
      isReady: answers(`${address}/health`)
    })
    const flushed = () => fetch(`${address}/internal/force_flush`).then((response) => response.arrayBuffer())
    const made: VictoriaMetrics = {
      ...running,
      address,
      url: `${address}/opentelemetry/v1/metrics`,
      query: async (expression) => {
        await flushed()
        return query(address, { query: expression, latency_offset: "1ms", nocache: "1" })
      },
      all: async (service) => {
        await flushed()
        const match = new URLSearchParams({ "match[]": `{job="${service}"}` })
        const lines = await fetch(`${address}/api/v1/export?${match}`).then((response) => response.text())
        return lines.split("\n").flatMap((line) => (line === "" ? [] : [exported(line)]))
      }
    }
    return made
  })

/** Set up as the guide says. Ends with the scope. */
export const victoriaMetrics: Effect.Effect<VictoriaMetrics, never, Scope> = startWith(prometheusNames)

/** As it is without flags: names are those of OTLP, and every attribute of the resource is a label. Ends with the scope. */
export const victoriaMetricsWithItsNames: Effect.Effect<VictoriaMetrics, never, Scope> = startWith(() => [])

/** A line of its export: a series with all of its values, of which the last counts. */
const exported = (line: string): Stored => {
  const { metric, values }: { metric: Record<string, string>; values: ReadonlyArray<number> } = JSON.parse(line)
  return { name: metric["__name__"] ?? "", labels: metric, value: values.at(-1) ?? Number.NaN }
}
