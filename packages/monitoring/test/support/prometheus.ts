/** A real Prometheus for as long as a scope is open, and its API. */
import * as Effect from "effect/Effect"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import path from "node:path"
import { freePort } from "../../../../vitest.ports.ts"
import { withoutCreated } from "../../src/files/prometheus.ts"
import { yaml } from "../../src/files/yaml.ts"
import { ruleFiles } from "./promtool.ts"

const portOf = (address: string | AddressInfo | null): number =>
  typeof address === "object" ? (address?.port ?? 0) : 0

/** A collector that takes everything; its address. */
export const collector = Effect.map(
  Effect.acquireRelease(
    Effect.promise(async () => {
      const server = createServer((request, response) => {
        request.resume().on("end", () => response.writeHead(200, { "content-type": "application/json" }).end("{}"))
      }).listen(0, "127.0.0.1")
      await once(server, "listening")
      return server
    }),
    (server) =>
      Effect.sync(() => {
        server.close()
        server.closeAllConnections()
      })
  ),
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

  readonly query = (expression: string): Effect.Effect<Answer> =>
    Effect.promise(() =>
      fetch(`${this.url}/api/v1/query`, { method: "POST", body: new URLSearchParams({ query: expression }) }).then(
        (response) => response.json() as Promise<Answer>
      )
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

const configuration = (targets: Targets): string =>
  yaml({
    global: { scrape_interval: "2s", evaluation_interval: "1s" },
    rule_files: ruleFiles,
    scrape_configs: Object.entries(targets).map(([service, target]) => ({
      job_name: service,
      metrics_path: target.pathname,
      metric_relabel_configs: withoutCreated,
      static_configs: [{ targets: [target.host] }]
    }))
  })

/** Starts one that scrapes the pages every other second and evaluates the committed rules. */
export const prometheus = (targets: Targets) =>
  Effect.gen(function* () {
    const folder = yield* Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(path.join(tmpdir(), "prometheus-"))),
      (made) => Effect.sync(() => rmSync(made, { recursive: true, force: true }))
    )
    const file = path.join(folder, "prometheus.yaml")
    writeFileSync(file, configuration(targets))
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
