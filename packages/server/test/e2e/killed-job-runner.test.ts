import { it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { scenario } from "../infra/jobs/cluster/scenario.ts"
import { expectAgreement } from "../infra/jobs/cluster/verdict.ts"

it.scopedLive(
  "loses no job with three runners of which one is killed and one is told to stop, and the metrics are the tables",
  () => Effect.map(scenario(200), expectAgreement),
  { timeout: 240_000 }
)
