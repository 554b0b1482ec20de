/** Jobs of a type end in the dead letters faster than the objective of the type allows: four windows, as in SRE practice. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { grown } from "../promql/grown.ts"
import { counter, type Range } from "../promql/select.ts"
import { budget, type Window } from "../rules/budget.ts"
import { recorded } from "../rules/recording.ts"
import { type Alert, alert, number, type Runbook, type Severity } from "./alert.ts"

const { jobs } = catalogue

/** A pair of windows: the long one says that it matters, the short one that it still goes on. */
interface Burn {
  readonly long: Window
  readonly short: Window
  readonly factor: number
  readonly severity: Severity
  readonly for: Range
  /** What is left of the budget if nothing changes. */
  readonly lasts: string
}

const burns: ReadonlyArray<Burn> = [
  { long: "1h", short: "5m", factor: 14.4, severity: "critical", for: "6m", lasts: "two days" },
  { long: "6h", short: "30m", factor: 6, severity: "critical", for: "15m", lasts: "five days" },
  { long: "1d", short: "2h", factor: 3, severity: "warning", for: "1h", lasts: "ten days" },
  { long: "3d", short: "6h", factor: 1, severity: "warning", for: "3h", lasts: "thirty days" }
]

const runbook: Runbook = {
  meaning:
    "Each job type has an objective: the share of its finished jobs that do not end in the dead letters, over thirty " +
    "days. What may go wrong is its error budget. The alert fires when the budget is used up 14.4, 6, 3 or 1 times as " +
    "fast as it lasts, over one hour, six hours, one day or three days, and still is in the short window beside it. " +
    "Attempts that fail and succeed on a retry use up nothing.",
  confirm: [
    {
      say: "How fast is the budget used up now? At 1 it lasts exactly thirty days.",
      query: recorded(budget["1h"].burn)
    },
    {
      say: "Why do the jobs end there?",
      query: grown(counter(jobs.deadLettered), "1h").sumBy("job", "job_type", "reason")
    },
    {
      say: "What share of the finished jobs is it?",
      query: recorded(budget["1h"].share)
    }
  ],
  causes: [
    "An outage of what the jobs need that lasted longer than their retries do: one reason, a sharp beginning.",
    "Inputs that can't succeed: one reason, steady, since a producer changed.",
    "A release with a bug: the reason is the name of a defect, such as TypeError.",
    "Too few retries, or too close to one another, for how long the dependency usually is away."
  ],
  fix: [
    "Find the reason that leads, then follow [JobErrorRateHigh](JobErrorRateHigh.md), which is the same trouble earlier.",
    "When the cause is gone, replay the dead letters. A replay does not give the budget back: the job was late.",
    "If the budget goes slowly and for good reason, change the objective in `packages/monitoring/src/settings.ts`: an " +
      "objective that nobody defends is noise."
  ],
  silence:
    "Silence by `job_type` and `window`. The slow windows may be silenced for days while a fixed cause leaves them; " +
    "leave the 1h window on, as it tells of new trouble."
}

const burnAlert = ({ factor, lasts, long, severity, short, ...burn }: Burn): Alert =>
  alert({
    name: "JobErrorBudgetBurn",
    severity,
    labels: { window: long },
    for: burn.for,
    keepFiringFor: "15m",
    gate: `At least three jobs of the type ended in the dead letters in ${long}.`,
    expression: recorded(budget[long].burn)
      .above(factor)
      .and(recorded(budget[short].burn).above(factor))
      .and(recorded(budget[long].bad).atLeast(3)),
    summary: (label) => `${label("job_type")} jobs of ${label("job")} use up their error budget.`,
    description: (label) =>
      `In the last ${long} the error budget of ${label("job_type")} jobs was used up ${number} times as fast as it ` +
      `lasts; at ${factor} times it is gone in ${lasts}. Find the reason that leads in jobs_dead_lettered_total.`,
    runbook
  })

/** One rule for each pair of windows, told apart by the label `window`. */
export const jobErrorBudgetBurn: ReadonlyArray<Alert> = burns.map(burnAlert)
