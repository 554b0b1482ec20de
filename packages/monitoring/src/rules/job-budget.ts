/** The error budget of each job type: of its finished jobs, those that ended in the dead letters use it up. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { expectedOfJobs } from "../expected.ts"
import { grown } from "../promql/grown.ts"
import { counter } from "../promql/select.ts"
import { allowed, budgetOf } from "./budget.ts"
import { recorded } from "./recording.ts"

const { jobs } = catalogue

/** The recording rules by window. */
export const jobBudget = budgetOf<"job" | "job_type">({
  good: {
    name: "job_type:jobs_completed",
    what: "Jobs completed",
    grown: (window) => grown(counter(jobs.completions), window).sumBy("job", "job_type")
  },
  bad: {
    name: "job_type:jobs_dead_lettered",
    what: "Jobs that ended in the dead letters",
    grown: (window) => grown(counter(jobs.deadLettered), window).sumBy("job", "job_type")
  },
  share: ["jobs finished", "ended in the dead letters"],
  burn: {
    name: "job_type:jobs_error_budget_burn",
    whose: "a job type",
    rate: (share, settings) =>
      expectedOfJobs(settings, (job_type, { objective }) => recorded(share, { job_type }).dividedBy(allowed(objective)))
  }
})
