import { it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { scenario } from "../infra/jobs/cluster/scenario.ts"
import { expectAgreement } from "../infra/jobs/cluster/verdict.ts"

it.scopedLive(
  "loses none of 5,000 jobs with three runners of which one is killed and one is told to stop, and the metrics are the tables",
  () =>
    Effect.map(scenario(5000), (outcomes) => {
      process.stdout.write(
        `${JSON.stringify({ tables: outcomes.tables, runners: outcomes.runners, untoldAfterLastExportMs: outcomes.untoldMs.map((ms) => Math.round(ms - outcomes.lastExportMs)) })}\n`
      )
      expectAgreement(outcomes)
    }),
  { timeout: 1_200_000 }
)
