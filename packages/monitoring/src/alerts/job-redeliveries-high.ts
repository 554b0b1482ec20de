/** Jobs of a type are often taken up again after their run was lost. */
import { runners } from "../rules/cluster.ts"
import { ended, redelivered } from "../rules/jobs.ts"
import { recorded } from "../rules/recording.ts"
import { alert, number } from "./alert.ts"
import { count, percent } from "./text.ts"
import { least, share } from "./threshold.ts"

export const jobRedeliveriesHigh = alert({
  name: "JobRedeliveriesHigh",
  severity: "warning",
  for: "10m",
  keepFiringFor: "10m",
  thresholds: {
    least: least(5, "redeliveries in 15 minutes"),
    share: share(0.05, "redeliveries, of the attempts that ended")
  },
  threshold: (set) =>
    `At least ${count(set.least, "redelivery", "redeliveries")} in 15 minutes, and more than ${percent(set.share)} of ` +
    "the attempts that ended.",
  expression: (set) =>
    recorded(redelivered)
      .atLeast(set.least)
      .unless(recorded(redelivered).dividedBy(recorded(ended)).atMost(set.share)),
  summary: (label) => `${label("job_type")} jobs of ${label("job")} are redelivered often.`,
  description: (label) =>
    `${number} attempts at ${label("job_type")} jobs began in the last 15 minutes on jobs that a lost run had ` +
    "held. Check whether runners restart, and whether the same job brings its runner down each time.",
  runbook: {
    meaning:
      "Runs of this type are lost: the runner stopped, was killed, or gave no sign of life for a lease before the " +
      "run ended, and the job was taken up again. Work is done twice or never ends. A handler that is not " +
      "idempotent has done something twice.",
    firstLook: [
      { question: "How many redeliveries, by type?", query: recorded(redelivered) },
      {
        question: "How many attempts ended? None, while redeliveries rise: a job kills its runner.",
        query: recorded(ended)
      },
      { question: "Does the number of runners go up and down?", query: recorded(runners) }
    ],
    causes: [
      "A poison job kills its runner (memory, a native crash): runners restart one after the other, each time " +
        "with the same type.",
      "Runners are killed before they hand over: their stop timeout is shorter than the jobs take.",
      "Heartbeats are late because the database is slow or the event loop is blocked: runners log that their " +
        "heartbeat is over, and none restarts.",
      "A crash-looping rollout: each new runner fails its checks."
    ],
    fix: [
      "If a job kills runners, find it: it runs alone after that, and is a dead letter with the reason `RunnerLost` " +
        "once it has taken down `maxLosses` of them. Cancel it before, then read its input.",
      "If runners are killed while stopping, give them longer than the longest run, or interrupt jobs earlier.",
      "If heartbeats are late, follow ClusterStorageErrors, or look for the handler that blocks the event loop.",
      "Check the side effects of the type: whatever is not idempotent was done more than once."
    ],
    silence: "Silence by `job_type`, only for a planned replacement of machines. Never during unexplained restarts."
  }
})
