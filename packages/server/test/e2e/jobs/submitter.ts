/** A process that submits jobs, writes down when, and ends. */
import { NodeRuntime } from "@effect/platform-node"
import * as Effect from "effect/Effect"
import { appendFileSync } from "node:fs"
import { JobService } from "../../../src/infra/jobs.ts"
import { client, settingsVariable, type SubmitterSettings } from "./processes.ts"
import { type Line, monotonicMs, Work } from "./work.ts"

const { delays, record, url }: SubmitterSettings = JSON.parse(process.env[settingsVariable] ?? "{}")

const submitted = (n: number, at: number) => {
  const line: Line = { runner: "", n, attempt: 0, isRedelivered: false, what: "submitted", at }
  appendFileSync(record, `${JSON.stringify(line)}\n`)
}

JobService.pipe(
  Effect.flatMap((jobs) =>
    Effect.forEach(delays, (delay, n) =>
      Effect.tap(Effect.sync(monotonicMs), (at) =>
        Effect.tap(jobs.submit(Work, { n, ms: 0 }, { delay }), () => Effect.sync(() => submitted(n, at)))
      )
    )
  ),
  Effect.provide(client(url)),
  NodeRuntime.runMain
)
