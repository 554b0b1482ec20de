/** Jobs of a type end in the dead letters faster than its objective allows, in several pairs of windows. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { grown } from "../promql/grown.ts"
import { counter } from "../promql/select.ts"
import { jobBudget } from "../rules/job-budget.ts"
import { recorded } from "../rules/recording.ts"
import type { Settings } from "../settings.ts"
import { alert, number, type Runbook } from "./alert.ts"
import { type Burn, burns, factors, firingRates, keptOn, lastsAt } from "./error-budget.ts"
import { count } from "./text.ts"
import { least } from "./threshold.ts"

const { jobs } = catalogue

const name = "JobErrorBudgetBurn"

const runbook = (rates: string, settings: Settings): Runbook => ({
  meaning:
    "Each job type has an objective: the share of its finished jobs that do not end in the dead letters, over " +
    "thirty days. The rest is its error budget. The alert fires when the budget is used at " +
    `${rates}, and still is in the short window beside it. ` +
    "Attempts that fail and succeed on a retry use nothing.",
  firstLook: [
    {
      question: "How fast is the budget being used? At 1 it lasts exactly thirty days.",
      query: recorded(jobBudget["1h"].burn)
    },
    {
      question: "Why do jobs end in the dead letters?",
      query: grown(counter(jobs.deadLettered), "1h").sumBy("job", "job_type", "reason")
    },
    {
      question: "What share of the finished jobs is it?",
      query: recorded(jobBudget["1h"].share)
    }
  ],
  causes: [
    "A dependency was down for longer than the retries last: one reason, a sudden beginning.",
    "Input that can't succeed: one reason, steady since a producer changed.",
    "A release with a bug: the reason is the name of a defect, such as TypeError.",
    "Too few retries, or too close together, for the usual outages of a dependency."
  ],
  fix: [
    "Find the leading reason, then follow JobErrorRateHigh, which covers the same causes.",
    "When the cause is gone, replay the dead letters. This does not restore the budget: the jobs were late.",
    `If the budget is used slowly and for a good reason, change the objective in \`${settings.source}\`.`
  ],
  silence:
    "Silence by `job_type` and `window`. The long windows may be silenced for days after the cause is fixed, " +
    `until it has left them.${keptOn(name, settings)}`
})

const burnAlert = ({ factor, long, severity, short, ...burn }: Burn) =>
  alert({
    name,
    severity,
    window: long,
    for: burn.for,
    keepFiringFor: "15m",
    thresholds: { ...factors, least: least(3, "jobs of the type that ended in the dead letters in the window") },
    threshold: (set) => `At least ${count(set.least, "job")} of the type ended in the dead letters in ${long}.`,
    expression: (set) =>
      recorded(jobBudget[long].burn)
        .above(set[factor])
        .and(recorded(jobBudget[short].burn).above(set[factor]))
        .and(recorded(jobBudget[long].bad).atLeast(set.least)),
    summary: (label) => `${label("job_type")} jobs of ${label("job")} use up their error budget too fast.`,
    description: (label, set) =>
      `In the last ${long} the error budget of ${label("job_type")} jobs was used at ${number} times the sustainable ` +
      `rate; at ${set[factor]} times it is gone in ${lastsAt(set[factor])}. Find the leading reason in jobs_dead_lettered_total.`,
    runbook: (set, settings) => runbook(firingRates(name, set, settings), settings)
  })

/** One rule for each pair of windows, told apart by the label `window`. */
export const jobErrorBudgetBurn = burns.map(burnAlert)
