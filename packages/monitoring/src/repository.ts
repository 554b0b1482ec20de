/** The settings of this repository: what is expected of the jobs of the demo, and of its routes. */
import { monitoringOf } from "./monitoring.ts"
import { defaults, type Settings } from "./settings.ts"

export const settings: Settings = {
  ...defaults,
  jobTypes: { digest: { objective: 0.999, oldestAge: 300, longestRun: 900 } },
  routes: { "/reports": { objective: 0.99, latency: 10 } }
}

export const repository = monitoringOf(settings)
