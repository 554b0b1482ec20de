/** The dashboards, alerts and pages of this repository: what is expected of the jobs of the demo, and of its routes. */
import { defineMonitoring } from "@parametric-portal/monitoring"

export default defineMonitoring({
  to: ".",
  forms: {
    prometheus: "packages/monitoring/generated/prometheus",
    grafana: "packages/monitoring/generated/grafana",
    markdown: "docs"
  },
  generatedBy: "npm run generate",
  jobTypes: { digest: { objective: 0.999, oldestAge: 300, longestRun: 900 } },
  routes: { "/reports": { objective: 0.99, latency: 10 } }
})
