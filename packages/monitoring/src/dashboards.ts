/** All dashboards, in reading order. */
import { clusterDashboard } from "./dashboards/cluster.ts"
import type { Dashboard } from "./dashboards/dashboard.ts"
import { jobByType } from "./dashboards/job-by-type.ts"
import { jobsOverview } from "./dashboards/jobs-overview.ts"
import { node } from "./dashboards/node.ts"
import { server } from "./dashboards/server.ts"
import { telemetryHealth } from "./dashboards/telemetry-health.ts"
import { workflows } from "./dashboards/workflows.ts"

export const dashboards: ReadonlyArray<Dashboard> = [
  jobsOverview,
  jobByType,
  clusterDashboard,
  workflows,
  server,
  node,
  telemetryHealth
]
