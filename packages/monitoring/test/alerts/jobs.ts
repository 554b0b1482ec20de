/** The cases of the job alerts. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import type { Case } from "../support/case.ts"
import { count, seen, series } from "../support/series.ts"

const { jobs } = catalogue

const digest = { job_type: "digest" }
const attempt = { job_type: "digest", operation: "process", priority: "normal" }
const fired = (severity: string, more: Readonly<Record<string, string>> = {}) => ({
  job: "shop",
  job_type: "digest",
  severity,
  ...more
})

export const jobCases: ReadonlyArray<Case> = [
  {
    alert: "JobErrorRateHigh",
    when: "a fifth of the attempts fails from the twentieth minute on",
    series: [
      seen(),
      count(jobs.processingSeconds, attempt, "0+4x60"),
      count(jobs.processingSeconds, { ...attempt, outcome: "failure" }, "_x20 1+1x40")
    ],
    firesAt: 34,
    firing: [
      {
        labels: fired("warning"),
        summary: "Attempts at digest jobs of shop fail.",
        description:
          "20% of the attempts at digest jobs failed in the last 10 minutes. Find the leading reason in jobs_failed_total, and what changed when it began."
      }
    ],
    healthy: {
      when: "the two runs of the hour fail, nine minutes apart",
      series: [seen(), count(jobs.processingSeconds, { ...attempt, outcome: "failure" }, "_x20 1x8 2x60")]
    }
  },
  {
    alert: "JobErrorBudgetBurn",
    when: "two of a hundred jobs end in the dead letters, where one of a thousand may",
    series: [
      seen(),
      series(jobs.completions, attempt, "0+98x600"),
      series(jobs.deadLettered, { ...digest, reason: "Timeout" }, "_x420 2+2x180")
    ],
    firesAt: 468,
    firing: [
      {
        labels: fired("critical", { window: "1h" }),
        summary: "digest jobs of shop use up their error budget too fast.",
        description:
          "In the last 1h the error budget of digest jobs was used at 16.39 times the sustainable rate; at 14.4 times it is gone in 50 hours. Find the leading reason in jobs_dead_lettered_total."
      }
    ],
    healthy: {
      when: "a hundred jobs end there in one bad minute, and none after it",
      series: [
        seen(),
        series(jobs.completions, attempt, "0+100x600"),
        series(jobs.deadLettered, { ...digest, reason: "Timeout" }, "0x400 100x200")
      ]
    },
    watch: 540,
    every: 3
  },
  {
    alert: "JobErrorBudgetBurn",
    when: "eight of a thousand jobs do for hours",
    series: [
      seen(),
      series(jobs.completions, attempt, "0+992x900"),
      series(jobs.deadLettered, { ...digest, reason: "Timeout" }, "0+8x900")
    ],
    firesAt: 20,
    firing: [
      {
        labels: fired("critical", { window: "6h" }),
        summary: "digest jobs of shop use up their error budget too fast.",
        description:
          "In the last 6h the error budget of digest jobs was used at 8 times the sustainable rate; at 6 times it is gone in 5 days. Find the leading reason in jobs_dead_lettered_total."
      }
    ],
    healthy: {
      when: "the first job of a quiet type ends in the dead letters: all of its budget, and one job",
      series: [
        seen(),
        series(jobs.completions, attempt, "0x420 1x300"),
        series(jobs.deadLettered, { ...digest, reason: "Timeout" }, "_x420 1x300")
      ]
    },
    watch: 600,
    every: 5
  },
  {
    alert: "JobErrorBudgetBurn",
    when: "four of a thousand jobs do for a day",
    series: [
      seen(),
      series(jobs.completions, attempt, "0+996x1600"),
      series(jobs.deadLettered, { ...digest, reason: "Timeout" }, "0+4x1600")
    ],
    firesAt: 65,
    firing: [
      {
        labels: fired("warning", { window: "1d" }),
        summary: "digest jobs of shop use up their error budget too fast.",
        description:
          "In the last 1d the error budget of digest jobs was used at 4 times the sustainable rate; at 3 times it is gone in 10 days. Find the leading reason in jobs_dead_lettered_total."
      }
    ],
    healthy: {
      when: "two of ten thousand jobs do",
      series: [
        seen(),
        series(jobs.completions, attempt, "0+9998x1600"),
        series(jobs.deadLettered, { ...digest, reason: "Timeout" }, "0+2x1600")
      ]
    },
    watch: 1500,
    every: 5
  },
  {
    alert: "JobErrorBudgetBurn",
    when: "two of a thousand jobs do for three days",
    series: [
      seen(),
      series(jobs.completions, attempt, "0+998x4500"),
      series(jobs.deadLettered, { ...digest, reason: "Timeout" }, "0+2x4500")
    ],
    firesAt: 210,
    firing: [
      {
        labels: fired("warning", { window: "3d" }),
        summary: "digest jobs of shop use up their error budget too fast.",
        description:
          "In the last 3d the error budget of digest jobs was used at 2 times the sustainable rate; at 1 times it is gone in 30 days. Find the leading reason in jobs_dead_lettered_total."
      }
    ],
    healthy: {
      when: "nine of ten thousand jobs do",
      series: [
        seen(),
        series(jobs.completions, attempt, "0+9991x4500"),
        series(jobs.deadLettered, { ...digest, reason: "Timeout" }, "0+9x4500")
      ]
    },
    watch: 4400,
    every: 30
  },
  {
    alert: "JobQueueOldestAgeHigh",
    when: "a job waits from the tenth minute on, and two runners tell of the same queue",
    series: [
      series(jobs.queueOldestAge, digest, "0x10 60+60x60"),
      series(jobs.queueOldestAge, { ...digest, instance: "two" }, "0x10 60+60x10 _x50")
    ],
    firesAt: 26,
    firing: [
      {
        labels: fired("warning"),
        summary: "digest jobs of shop wait too long.",
        description:
          "The oldest runnable digest job has waited 16m 0s, longer than expected for its type. Check whether jobs are taken at all (JobQueueStalled), whether all slots are used, and whether more jobs arrive than finish."
      }
    ],
    healthy: {
      when: "two runners tell of an age that is high only if one adds them up",
      series: [
        series(jobs.queueOldestAge, digest, "200x60"),
        series(jobs.queueOldestAge, { ...digest, instance: "two" }, "200x60")
      ]
    }
  },
  {
    alert: "JobQueueStalled",
    when: "a job waits, and no attempt has ever been counted",
    series: [seen(), series(jobs.queueOldestAge, digest, "0x10 60+60x60")],
    firesAt: 23,
    firing: [
      {
        labels: fired("critical"),
        summary: "The queue of digest jobs of shop has stopped.",
        description:
          "A digest job has waited 13m 0s, and no attempt began or ended in the last 10 minutes. Check whether a runner takes this type, and whether it can reach the storage."
      }
    ],
    healthy: {
      when: "the queue is as old, and one attempt after the other ends",
      series: [
        seen(),
        series(jobs.queueOldestAge, digest, "0x10 60+60x60"),
        count(jobs.processingSeconds, attempt, "0+1x70")
      ]
    }
  },
  {
    alert: "JobQueueStalled",
    when: "a run hangs beyond what is expected of its type",
    series: [
      seen(),
      series(jobs.queueOldestAge, digest, "0x10 60+60x60"),
      series(jobs.inFlightOldestAge, attempt, "0x10 60+60x60")
    ],
    firesAt: 36,
    firing: [
      {
        labels: fired("critical"),
        summary: "The queue of digest jobs of shop has stopped.",
        description:
          "A digest job has waited 26m 0s, and no attempt began or ended in the last 10 minutes. Check whether a runner takes this type, and whether it can reach the storage."
      }
    ],
    healthy: {
      when: "runs of ten minutes hold every slot, one after the other",
      series: [
        seen(),
        series(jobs.queueOldestAge, digest, "0x10 60+60x60"),
        series(jobs.inFlightOldestAge, attempt, "0x10 60+60x9 0+60x9 0+60x9 0+60x9 0+60x9")
      ]
    },
    watch: 55
  },
  {
    alert: "JobQueueFallingBehind",
    when: "five jobs a minute come and three go",
    series: [
      seen(),
      series(jobs.enqueued, { ...digest, operation: "submit", priority: "normal" }, "0+5x90"),
      series(jobs.completions, attempt, "0+3x90"),
      series(jobs.queueOldestAge, digest, "0+20x90")
    ],
    firesAt: 31,
    firing: [
      {
        labels: fired("warning"),
        summary: "More digest jobs of shop arrive than finish.",
        description:
          "60 more digest jobs arrived than finished in the last 30 minutes, and the oldest has waited longer than the oldest did 15 minutes ago. Compare arrivals with the capacity of the slots, and add runners before users notice."
      }
    ],
    healthy: {
      when: "as many come and stay, but they are scheduled for later: none waits for long",
      series: [
        seen(),
        series(jobs.enqueued, { ...digest, operation: "submit", priority: "normal" }, "0+5x90"),
        series(jobs.completions, attempt, "0+3x90"),
        series(jobs.queueOldestAge, digest, "0+0.3x90")
      ]
    }
  },
  {
    alert: "JobQueueFallingBehind",
    when: "a burst came and is not worked off, and the oldest gets older from the fortieth minute on",
    series: [
      seen(),
      series(jobs.enqueued, { ...digest, operation: "submit", priority: "normal" }, "0+5x90"),
      series(jobs.completions, attempt, "0+3x90"),
      series(jobs.queueOldestAge, digest, "100x39 110+10x50")
    ],
    firesAt: 55,
    firing: [
      {
        labels: fired("warning"),
        summary: "More digest jobs of shop arrive than finish.",
        description:
          "60 more digest jobs arrived than finished in the last 30 minutes, and the oldest has waited longer than the oldest did 15 minutes ago. Compare arrivals with the capacity of the slots, and add runners before users notice."
      }
    ],
    healthy: {
      when: "the oldest waits shorter and shorter: the old ones are worked off",
      series: [
        seen(),
        series(jobs.enqueued, { ...digest, operation: "submit", priority: "normal" }, "0+5x110"),
        series(jobs.completions, attempt, "0+3x110"),
        series(jobs.queueOldestAge, digest, "1000-5x110")
      ]
    }
  },
  {
    alert: "JobSlotsExhausted",
    when: "both runners are full, and jobs wait",
    series: [
      series(jobs.slots, { ...digest, state: "used" }, "2x5 4x60"),
      series(jobs.slots, { ...digest, state: "limit" }, "4x65"),
      series(jobs.slots, { ...digest, state: "used", instance: "two" }, "4x65"),
      series(jobs.slots, { ...digest, state: "limit", instance: "two" }, "4x65"),
      series(jobs.queueDepth, { ...digest, state: "ready" }, "0x5 7x60"),
      series(jobs.queueOldestAge, digest, "0x5 90x60")
    ],
    firesAt: 21,
    firing: [
      {
        labels: fired("warning"),
        summary: "All slots for digest jobs of shop are used, and jobs wait.",
        description:
          "All 8 slots for digest jobs have been used for 15 minutes while jobs wait. Check whether attempts got slower; if not, add runners."
      }
    ],
    healthy: {
      when: "both runners are full, and nothing waits",
      series: [
        series(jobs.slots, { ...digest, state: "used" }, "4x65"),
        series(jobs.slots, { ...digest, state: "limit" }, "4x65"),
        series(jobs.queueDepth, { ...digest, state: "ready" }, "0x65"),
        series(jobs.queueOldestAge, digest, "0x65")
      ]
    }
  },
  {
    alert: "JobDeadLetterGrowing",
    when: "six dead letters come, one a minute",
    series: [series(jobs.dlqSize, digest, "3x10 4+1x5 9x60")],
    firesAt: 25,
    firing: [
      {
        labels: fired("warning"),
        summary: "Dead letters of digest jobs of shop grow.",
        description:
          "There are 6 more dead letters of digest jobs than at the lowest point of the last hour. Find the leading reason in jobs_dead_lettered_total and fix it, then replay them."
      }
    ],
    healthy: { when: "one comes", series: [series(jobs.dlqSize, digest, "3x10 4x120")] }
  },
  {
    alert: "JobDeadLettersUnattended",
    when: "the oldest passes a day",
    series: [series(jobs.dlqOldestAge, digest, "85800+60x180")],
    firesAt: 71,
    firing: [
      {
        labels: fired("warning"),
        summary: "Dead letters of digest jobs of shop have been there for more than 1 day.",
        description:
          "The oldest dead letter of digest jobs is 1d 1h 1m 0s old. Read its error history, then replay or discard it."
      }
    ],
    healthy: { when: "it is replayed before", series: [series(jobs.dlqOldestAge, digest, "85800+60x30 0x150")] }
  },
  {
    alert: "JobRunningTooLong",
    when: "a run of a declared type passes its quarter of an hour",
    series: [series(jobs.inFlightOldestAge, attempt, "0+60x60")],
    firesAt: 26,
    firing: [
      {
        labels: fired("warning", { instance: "one" }),
        summary: "A digest job of shop runs for too long on one.",
        description:
          "An attempt at a digest job has been running for 26m 0s on one, longer than expected for its type. Find out in the log of the runner which job it is and what it waits for."
      }
    ],
    healthy: {
      when: "a run of another type, of which an hour is expected, takes as long",
      series: [series(jobs.inFlightOldestAge, { ...attempt, job_type: "compress" }, "0+60x50 0x10")]
    }
  },
  {
    alert: "JobRedeliveriesHigh",
    when: "a poison job takes its runner down each minute: no attempt ever ends",
    series: [seen(), series(jobs.redelivered, attempt, "_x10 1+1x50")],
    firesAt: 24,
    firing: [
      {
        labels: fired("warning"),
        summary: "digest jobs of shop are redelivered often.",
        description:
          "15 attempts at digest jobs began in the last 15 minutes on jobs that a lost run had held. Check whether runners restart, and whether the same job brings its runner down each time."
      }
    ],
    healthy: {
      when: "one of a hundred attempts is redelivered, all the time",
      series: [
        seen(),
        series(jobs.redelivered, attempt, "_x10 1+1x50"),
        count(jobs.processingSeconds, attempt, "0+100x60")
      ]
    }
  }
]
