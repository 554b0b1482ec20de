/** A real Prometheus for as long as a scope is open, and its API. */
import * as Effect from "effect/Effect"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import path from "node:path"
import { freePort } from "../../../../vitest.ports.ts"
import { withoutCreated } from "../../src/files/prometheus.ts"
import { yaml } from "../../src/files/yaml.ts"
import { ruleFiles } from "./promtool.ts"
import { serve } from "./serve.ts"

const portOf = (address: string | AddressInfo | null): number =>
  typeof address === "object" ? (address?.port ?? 0) : 0

/** A collector that takes everything; its address. */
export const collector = Effect.map(
  serve(0, (request, response) => {
    request.resume().on("end", () => response.writeHead(200, { "content-type": "application/json" }).end("{}"))
  }),
  (server) => `http://127.0.0.1:${portOf(server.address())}/v1/metrics`
)

/** What the API of Prometheus answers. */
export interface Answer {
  readonly status: string
  readonly error?: string
  readonly data: {
    readonly result: ReadonlyArray<{
      readonly metric: Record<string, string>
      readonly value: readonly [number, string]
    }>
  }
}

/** A running Prometheus. */
export class RunningPrometheus {
  private readonly url: string

  constructor(port: number) {
    this.url = `http://127.0.0.1:${port}`
  }

  /** The answer of a `GET`; what it is, the caller knows from the documentation of the API. */
  readonly get = <A>(where: string): Effect.Effect<A> =>
    Effect.promise(() => fetch(`${this.url}${where}`).then((response): Promise<A> => response.json() as Promise<A>))

  /** An instant query, of now or of a time in seconds. */
  readonly query = (expression: string, time?: number): Effect.Effect<Answer> =>
    Effect.promise(() =>
      fetch(`${this.url}/api/v1/query`, {
        method: "POST",
        body: new URLSearchParams({ query: expression, ...(time !== undefined && { time: String(time) }) })
      }).then((response) => response.json() as Promise<Answer>)
    )

  readonly isReady: Effect.Effect<boolean> = Effect.promise(() =>
    fetch(`${this.url}/-/ready`).then(
      ({ ok }) => ok,
      () => false
    )
  )
}

/** The page of each service, by its name. */
export type Targets = Readonly<Record<string, URL>>

/** Pages of one service in several environments, by the value of the label `namespace`. */
export interface Environments {
  readonly service: string
  readonly pages: Targets
}

interface Scraped {
  readonly service: string
  readonly page: URL
  readonly labels?: Readonly<Record<string, string>>
}

const configuration = (scraped: ReadonlyArray<Scraped>, rules: ReadonlyArray<string>): string =>
  yaml({
    global: { scrape_interval: "2s", evaluation_interval: "1s" },
    rule_files: rules,
    scrape_configs: scraped.map(({ labels, page, service }, index) => ({
      job_name: labels === undefined ? service : `${service}-${index}`,
      metrics_path: page.pathname,
      metric_relabel_configs: withoutCreated,
      static_configs: [{ targets: [page.host], labels: labels && { job: service, ...labels } }]
    }))
  })

/** Starts one that scrapes the pages every other second and evaluates the committed rules. */
export const prometheus = (targets: Targets) =>
  scraping(
    Object.entries(targets).map(([service, page]) => ({ service, page })),
    ruleFiles
  )

/** Starts one that scrapes one service in several environments, and evaluates these rules. */
export const prometheusOf = ({ pages, service }: Environments, rules: ReadonlyArray<string>) =>
  scraping(
    Object.entries(pages).map(([namespace, page]) => ({ service, page, labels: { namespace } })),
    rules
  )

const scraping = (scraped: ReadonlyArray<Scraped>, rules: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const folder = yield* Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(path.join(tmpdir(), "prometheus-"))),
      (made) => Effect.sync(() => rmSync(made, { recursive: true, force: true }))
    )
    const file = path.join(folder, "prometheus.yaml")
    writeFileSync(file, configuration(scraped, rules))
    const port = yield* Effect.promise(freePort)
    yield* Effect.acquireRelease(
      Effect.sync(() => {
        const child = spawn(
          "prometheus",
          [
            `--config.file=${file}`,
            `--storage.tsdb.path=${path.join(folder, "data")}`,
            `--web.listen-address=127.0.0.1:${port}`
          ],
          { stdio: "ignore" }
        )
        process.once("exit", () => child.kill())
        return child
      }),
      stopped
    )
    const running = new RunningPrometheus(port)
    while (!(yield* running.isReady)) {
      yield* Effect.sleep("100 millis")
    }
    return running
  })

const stopped = (child: ChildProcess): Effect.Effect<void> =>
  Effect.promise(async () => {
    if (child.exitCode === null && child.signalCode === null) {
      const ended = once(child, "exit")
      child.kill("SIGTERM")
      await ended
    }
  })
