/** All recording rules, by rule group. Each uses only those before it in the same group. */
import type { Area } from "./alerts.ts"
import { budgetRecordings } from "./rules/budget.ts"
import { clusterRecordings } from "./rules/cluster.ts"
import { databaseRecordings } from "./rules/database.ts"
import { httpBudget } from "./rules/http-budget.ts"
import { httpRecordings } from "./rules/http.ts"
import { jobBudget } from "./rules/job-budget.ts"
import { jobsRecordings } from "./rules/jobs.ts"
import { nodeRecordings } from "./rules/node.ts"
import type { Recording } from "./rules/recording.ts"
import { telemetryRecordings } from "./rules/telemetry.ts"

export const recordings: Readonly<Record<Area, ReadonlyArray<Recording>>> = {
  jobs: [...budgetRecordings(jobBudget), ...jobsRecordings],
  cluster: clusterRecordings,
  server: [...budgetRecordings(httpBudget), ...httpRecordings, ...databaseRecordings],
  node: nodeRecordings,
  telemetry: telemetryRecordings
}
