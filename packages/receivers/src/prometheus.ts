/** Prometheus 3 as the generated `prometheus-otlp.yaml` sets it up: OTLP in, and its API. */
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { writeFileSync } from "node:fs"
import path from "node:path"
import { freePort } from "../../../vitest.ports.ts"
import { answers, folder, type Running, start } from "./process.ts"
import type { RealReceiver, Stored } from "./stored.ts"

interface Answer {
  readonly status: string
  readonly error?: string
  readonly data: {
    readonly result: ReadonlyArray<{
      readonly metric: Readonly<Record<string, string>>
      readonly value: readonly [number, string]
    }>
  }
}

export interface RunningPrometheus extends RealReceiver, Running {
  readonly address: string
  readonly query: (expression: string) => Promise<ReadonlyArray<Stored>>
}

/** The part of `prometheus-otlp.yaml` that is about OTLP, with its rules left out. */
const otlp = {
  translation_strategy: "UnderscoreEscapingWithSuffixes",
  keep_identifying_resource_attributes: true,
  promote_resource_attributes: ["service.version", "deployment.environment.name"]
}

/** An instant query of an API like that of Prometheus. */
export const query = async (address: string, parameters: Readonly<Record<string, string>>) => {
  const response = await fetch(`${address}/api/v1/query`, { method: "POST", body: new URLSearchParams(parameters) })
  const answer: Answer = JSON.parse(await response.text())
  if (answer.status !== "success") {
    throw new Error(`${parameters["query"]}: ${answer.error}`)
  }
  return answer.data.result.map(({ metric, value: [, value] }) => ({
    name: metric["__name__"] ?? "",
    labels: metric,
    value: Number(value.replace(/^([+-]?)Inf$/, "$1Infinity"))
  }))
}

export interface PrometheusOptions {
  /** Added to the configuration. */
  readonly configuration?: Readonly<Record<string, unknown>>
  readonly features?: ReadonlyArray<string>
}

/** Ends with the scope. */
export const prometheus = (options: PrometheusOptions = {}): Effect.Effect<RunningPrometheus, never, Scope> =>
  Effect.gen(function* () {
    const { configuration = {}, features = [] } = options
    const home = yield* folder
    const file = path.join(home, "prometheus.yaml")
    const storage = { tsdb: { out_of_order_time_window: "10m" } }
    writeFileSync(file, JSON.stringify({ otlp, storage, ...configuration }))
    const address = `http://127.0.0.1:${yield* Effect.promise(freePort)}`
    const running = yield* start({
      program: "prometheus",
      args: [
        `--config.file=${file}`,
        `--storage.tsdb.path=${path.join(home, "data")}`,
        `--web.listen-address=${address.slice("http://".length)}`,
        "--web.enable-otlp-receiver",
        ...features.map((name) => `--enable-feature=${name}`)
      ],
      isReady: answers(`${address}/-/ready`)
    })
    const ask = (expression: string) => query(address, { query: expression })
    return {
      ...running,
      address,
      url: `${address}/api/v1/otlp/v1/metrics`,
      query: ask,
      all: (service) => ask(`{job="${service}"}`)
    }
  })
