/** A Prometheus that scrapes every second, evaluates the rules every second, and takes new targets while it runs. */
import * as Effect from "effect/Effect"
import { readdirSync, renameSync, writeFileSync } from "node:fs"
import path from "node:path"
import { withoutCreated } from "../files/prometheus.ts"
import { yaml } from "../files/yaml.ts"
import { repository, running } from "./processes.ts"

/** One series of an answer: pairs of epoch seconds and a number as text. */
export interface RangeSeries {
  readonly metric: Readonly<Record<string, string>>
  readonly values: ReadonlyArray<readonly [number, string]>
}

/** The labels of a page's series. */
export interface Target {
  /** The name of the service. */
  readonly job: string
  /** The name of the process. */
  readonly instance: string
}

export interface RangeOptions {
  /** Epoch seconds. */
  readonly start: number
  readonly end: number
  readonly step: number
}

const rules = path.join(repository, "packages/monitoring/generated/prometheus/rules")

/** Starts it; `folder` takes its configuration and data. */
export const startPrometheus = (folder: string) =>
  Effect.gen(function* () {
    const targets = path.join(folder, "targets.json")
    const config = path.join(folder, "prometheus.yaml")
    writeFileSync(config, configuration(targets))
    const server = yield* running({
      command: "prometheus",
      args: [
        `--config.file=${config}`,
        `--storage.tsdb.path=${path.join(folder, "data")}`,
        "--web.listen-address=127.0.0.1:0"
      ]
    })
    const url = `http://${yield* server.said(/"?Listening on"? address=(\S+)/)}`
    yield* server.said(/(Server is ready to receive web requests)/)
    const known = new Map<string, { readonly targets: ReadonlyArray<string>; readonly labels: Target }>()
    return {
      /** Scrapes a page from now on; its series have the labels. */
      scrape: (labels: Target, page: string) =>
        Effect.sync(() => {
          known.set(labels.instance, { targets: [new URL(page).host], labels })
          const groups = [...known.values()]
          writeFileSync(`${targets}.new`, JSON.stringify(groups))
          renameSync(`${targets}.new`, targets)
        }),
      /** The values of a query over a time. */
      ask: (query: string, { end, start, step }: RangeOptions): Effect.Effect<ReadonlyArray<RangeSeries>, Error> =>
        Effect.flatMap(
          Effect.promise(async (): Promise<RangeAnswer> => {
            const asked = { query, start: String(start), end: String(end), step: String(step) }
            const body = new URLSearchParams(asked)
            return JSON.parse(await (await fetch(`${url}/api/v1/query_range`, { method: "POST", body })).text())
          }),
          (answer) =>
            answer.data === undefined
              ? Effect.fail(new Error(`Prometheus refused ${query}: ${answer.error ?? "no reason given"}`))
              : Effect.succeed(answer.data.result)
        )
    }
  })

interface RangeAnswer {
  readonly error?: string
  readonly data?: { readonly result: ReadonlyArray<RangeSeries> }
}

const configuration = (targets: string): string =>
  yaml({
    global: { scrape_interval: "1s", evaluation_interval: "1s" },
    rule_files: readdirSync(rules).map((name) => path.join(rules, name)),
    scrape_configs: [
      {
        job_name: "services",
        metric_relabel_configs: withoutCreated,
        file_sd_configs: [{ files: [targets], refresh_interval: "1s" }]
      }
    ]
  })
