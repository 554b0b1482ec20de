/** A real Prometheus over two environments of one `job`, of which one loses half of its jobs: that one's alert fires alone. */
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { freePort } from "../../../../vitest.ports.ts"
import { ruleFile } from "../../src/files/rules.ts"
import { monitoringOf } from "../../src/monitoring.ts"
import { defaults, type Settings } from "../../src/settings.ts"
import { prometheusOf, type RunningPrometheus } from "../support/prometheus.ts"
import { serve } from "../support/serve.ts"

/** The page of a process that has ended so many mails each second. */
const pageOf = (done: number, lost: number) =>
  Effect.gen(function* () {
    const began = process.hrtime.bigint()
    const port = yield* Effect.promise(freePort)
    yield* serve(port, (_, response) => {
      const seconds = Number((process.hrtime.bigint() - began) / 1_000_000_000n)
      response.setHeader("content-type", "text/plain; version=0.0.4")
      response.end(
        [
          'telemetry_series{metric="jobs_enqueued_total"} 12',
          `jobs_completed_total{job_type="mail",operation="process",priority="normal"} ${seconds * done}`,
          `jobs_dead_lettered_total{job_type="mail",reason="Timeout"} ${seconds * lost}\n`
        ].join("\n")
      )
    })
    return new URL(`http://127.0.0.1:${port}/metrics`)
  })

interface Pages {
  readonly production: URL
  readonly staging: URL
}

/** One whose rules are made with these settings. */
const evaluating = (pages: Pages, settings: Partial<Settings>) =>
  Effect.gen(function* () {
    const folder = yield* Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(path.join(tmpdir(), "rules-"))),
      (made) => Effect.sync(() => rmSync(made, { recursive: true, force: true }))
    )
    const soon = { rollout: "1s", alerts: { JobErrorBudgetBurn: { for: "2s" } } } as const
    const monitoring = monitoringOf({ ...defaults, ...soon, ...settings })
    const rules = monitoring.groups.map((group) => {
      const file = path.join(folder, `${group.name}.yaml`)
      writeFileSync(file, ruleFile(monitoring, group))
      return file
    })
    return yield* prometheusOf({ service: "shop", pages: { ...pages } }, rules)
  })

const seriesOf = ({ query }: RunningPrometheus, expression: string) =>
  Effect.map(query(expression), ({ data }) => data.result.map(({ metric }) => metric))

/** Asked again until there is an answer. */
const present = (running: RunningPrometheus, expression: string): ReturnType<typeof seriesOf> =>
  Effect.flatMap(seriesOf(running, expression), (found) =>
    found.length > 0 ? Effect.succeed(found) : Effect.delay(present(running, expression), "500 millis")
  )

const alerts = 'ALERTS{alertname="JobErrorBudgetBurn"}'

it.scopedLive(
  "fires for the one that is ill, and for neither where they are added up",
  () =>
    Effect.gen(function* () {
      const pages = { production: yield* pageOf(1, 1), staging: yield* pageOf(1500, 0) }
      const apart = yield* evaluating(pages, { groupBy: ["namespace"] })
      const together = yield* evaluating(pages, {})
      const firing = yield* present(apart, 'ALERTS{alertname="JobErrorBudgetBurn",alertstate="firing",window="1h"}')
      expect(firing).toEqual([
        {
          __name__: "ALERTS",
          alertname: "JobErrorBudgetBurn",
          alertstate: "firing",
          job: "shop",
          job_type: "mail",
          namespace: "production",
          severity: "critical",
          window: "1h"
        }
      ])
      expect((yield* seriesOf(apart, alerts)).filter(({ namespace }) => namespace !== "production")).toEqual([])
      // It has seen both for as long, and measured them.
      expect((yield* present(together, "job_type:jobs_dead_lettered:increase1h >= 3")).length).toBe(1)
      expect(yield* seriesOf(together, alerts)).toEqual([])
    }),
  180_000
)
