/** The cases of all alerts, with the rule group that each is in. */
import type { Area } from "../../src/alerts.ts"
import { clusterCases } from "../alerts/cluster.ts"
import { jobCases } from "../alerts/jobs.ts"
import { nodeCases } from "../alerts/node.ts"
import { serverCases } from "../alerts/server.ts"
import { telemetryCases } from "../alerts/telemetry.ts"
import type { Case } from "./case.ts"

export interface CaseOfArea extends Case {
  readonly area: Area
}

export const cases: ReadonlyArray<CaseOfArea> = [
  ...jobCases.map((one) => ({ ...one, area: "jobs" as const })),
  ...clusterCases.map((one) => ({ ...one, area: "cluster" as const })),
  ...serverCases.map((one) => ({ ...one, area: "server" as const })),
  ...nodeCases.map((one) => ({ ...one, area: "node" as const })),
  ...telemetryCases.map((one) => ({ ...one, area: "telemetry" as const }))
]
