import { describe, expect, it } from "@effect/vitest"
import type { LogEntry, LoggedEvent } from "../../src/audit/event-log.ts"
import { expectedSeries } from "../../src/audit/expected.ts"

const job = { job: "1", type: "digest", priority: "normal" } as const

/** Entries ten milliseconds apart, on both clocks. */
const logOf = (...events: ReadonlyArray<LoggedEvent>): ReadonlyArray<LogEntry> =>
  events.map((event, index) => ({
    monotonicMs: index * 10,
    epochMs: 1000 + index * 10,
    exportNanos: BigInt(index),
    event
  }))

/** `name{values of labels} count`, in alphabetical order. */
const expectedOf = (...events: ReadonlyArray<LoggedEvent>) =>
  expectedSeries(logOf(...events))
    .map(({ count, labels, name }) => `${name}{${Object.values(labels).join(" ")}} ${count}`)
    .sort()

const submitCalled: LoggedEvent = { _tag: "SubmitCalled", type: job.type, priority: job.priority }
const claimed: LoggedEvent = { _tag: "Claimed", ...job, ageMs: 100, dueMs: 50 }
const begun = (attempt: number, isRedelivered = false): LoggedEvent => {
  return { _tag: "Started", ...job, attempt, isRedelivered }
}
const handlerStarted: LoggedEvent = { _tag: "HandlerStarted", job: "1" }
const started = [begun(1), handlerStarted] as const
const finished = (outcome: "success" | "failure" | "defect" | "interrupted"): LoggedEvent => ({
  _tag: "HandlerFinished",
  job: "1",
  outcome,
  tookMs: 5
})
const settled = (as: "Completed" | "Retrying" | "Dead" | "Released" | "Returned", reason?: string): LoggedEvent => ({
  _tag: "Settled",
  ...job,
  as,
  isAccepted: true,
  ...(reason === undefined ? {} : { reason })
})

const waitedOnce = "jobs_wait_duration_seconds{digest process normal} 1"

const cases: ReadonlyArray<readonly [string, ReadonlyArray<LoggedEvent>, ReadonlyArray<string>]> = [
  [
    "a submission",
    [{ _tag: "Submitted", ...job, outcome: "success", tookMs: 1 }],
    ["jobs_enqueued_total{digest submit normal} 1", "jobs_processing_seconds{digest submit normal} 1"]
  ],
  [
    "a submission that was known already",
    [{ _tag: "Duplicate", ...job }],
    ["jobs_duplicates_total{digest submit normal} 1"]
  ],
  [
    "a submission that is refused",
    [submitCalled, { _tag: "Rejected", type: job.type, priority: job.priority, reason: "Validation" }],
    ["jobs_failed_total{digest Validation} 1", "jobs_processing_seconds{digest submit normal failure} 1"]
  ],
  [
    "two submissions, one of which is interrupted",
    [submitCalled, submitCalled, { _tag: "Submitted", ...job, outcome: "success", tookMs: 1 }],
    [
      "jobs_enqueued_total{digest submit normal} 1",
      "jobs_processing_seconds{digest submit normal interrupted} 1",
      "jobs_processing_seconds{digest submit normal} 1"
    ]
  ],
  [
    "a submission that failed",
    [{ _tag: "Submitted", ...job, outcome: "failure", reason: "RunnerUnavailable", tookMs: 1 }],
    ["jobs_failed_total{digest RunnerUnavailable} 1", "jobs_processing_seconds{digest submit normal failure} 1"]
  ],
  [
    "an attempt that completes",
    [claimed, ...started, finished("success"), settled("Completed")],
    [
      "jobs_attempts{digest process normal} 1",
      "jobs_completed_total{digest process normal} 1",
      "jobs_duration_seconds{digest process normal} 1",
      "jobs_processing_seconds{digest process normal} 1",
      waitedOnce
    ]
  ],
  [
    "a second attempt that fails and is followed by another",
    [claimed, begun(2), handlerStarted, finished("failure"), settled("Retrying", "Busy")],
    [
      "jobs_failed_total{digest Busy} 1",
      "jobs_processing_seconds{digest process normal failure} 1",
      "jobs_retried_total{digest process normal} 1",
      waitedOnce
    ]
  ],
  [
    "an attempt that dies for good",
    [claimed, ...started, finished("defect"), settled("Dead", "TypeError")],
    [
      "jobs_attempts{digest process normal} 1",
      "jobs_dead_lettered_total{digest TypeError} 1",
      "jobs_duration_seconds{digest process normal} 1",
      "jobs_failed_total{digest TypeError} 1",
      "jobs_processing_seconds{digest process normal defect} 1",
      waitedOnce
    ]
  ],
  [
    "an attempt that is cancelled while it runs",
    [
      claimed,
      ...started,
      { _tag: "Cancelled", ...job, outcome: "success", tookMs: 1, attempts: 1 },
      finished("interrupted")
    ],
    [
      "jobs_attempts{digest process normal} 1",
      "jobs_cancelled_total{digest cancel normal} 1",
      "jobs_processing_seconds{digest cancel normal} 1",
      "jobs_processing_seconds{digest process normal interrupted} 1",
      waitedOnce
    ]
  ],
  [
    "an attempt that is handed over, and begins again elsewhere",
    [claimed, ...started, finished("interrupted"), settled("Released"), claimed, begun(1, true), handlerStarted],
    [
      "jobs_processing_seconds{digest process normal interrupted} 1",
      "jobs_redelivered_total{digest process normal} 1",
      "jobs_wait_duration_seconds{digest process normal} 2"
    ]
  ],
  [
    "an attempt that the store does not settle any more",
    [claimed, ...started, finished("success"), { _tag: "Settled", ...job, as: "Completed", isAccepted: false }],
    ["jobs_processing_seconds{digest process normal interrupted} 1", waitedOnce]
  ],
  [
    "a second attempt that is given back before its handler starts",
    [claimed, begun(2), settled("Released")],
    ["jobs_retried_total{digest process normal} 1"]
  ],
  ["a job that is claimed and given back before it starts", [claimed, settled("Released")], []],
  ["a job that goes back as if it had never been claimed", [claimed, begun(2, true), settled("Returned")], []],
  [
    "an attempt whose job is lost while it runs",
    [claimed, ...started, finished("success")],
    ["jobs_processing_seconds{digest process normal interrupted} 1", waitedOnce]
  ],
  [
    "a call and its message",
    [
      { _tag: "MessageArrived", entityType: "Job", message: "submit" },
      { _tag: "MessageStarted", entityType: "Job", message: "submit" },
      {
        _tag: "MessageHandled",
        entityType: "Job",
        message: "submit",
        outcome: "failure",
        reason: "NotFound",
        tookMs: 1
      },
      { _tag: "MessageSent", entityType: "Job", message: "submit", outcome: "success", tookMs: 2 }
    ],
    [
      "cluster_errors_total{Job NotFound} 1",
      "cluster_message_delivery_delay_seconds{Job} 1",
      "cluster_message_latency_seconds{Job receive submit} 1",
      "cluster_message_latency_seconds{Job send submit} 1",
      "cluster_message_processing_seconds{Job submit failure} 1",
      "cluster_message_wait_seconds{Job} 1",
      "cluster_messages_received_total{Job receive submit} 1",
      "cluster_messages_sent_total{Job send submit} 1"
    ]
  ]
]

describe("the expected series of", () => {
  it.each(cases)("%s", (_, events, expected) => expect(expectedOf(...events)).toEqual(expected))
})

describe("the expected series", () => {
  const entries = logOf(claimed, ...started, finished("success"), settled("Completed"), ...started)

  it("puts a duration between the time of the handler and that from the start to the written end", () => {
    const processing = expectedSeries(entries).find(({ name }) => name === "jobs_processing_seconds")
    expect(processing?.values).toEqual([{ atLeast: 0.005, atMost: 0.03 }])
  })

  it("counts waiting from when the job was due, and its duration from when it was accepted", () => {
    const valuesOf = (wanted: string) => expectedSeries(entries).find(({ name }) => name === wanted)?.values
    expect([valuesOf("jobs_wait_duration_seconds"), valuesOf("jobs_duration_seconds")]).toEqual([
      [{ atLeast: 0.05, atMost: 0.07 }],
      [{ atLeast: 0.105, atMost: 0.14 }]
    ])
  })

  it("of a part of a log ignore the rest", () => {
    expect(expectedSeries(entries, 4).map(({ name }) => name)).toEqual(["jobs_wait_duration_seconds"])
  })
})
