import { describe, expect, it } from "vitest"
import { timelineOf } from "../../src/page/jobs/timeline.ts"
import { jobWith } from "./job.ts"

const failure = (attempt: number, failedAt: number) => ({ attempt, failedAt, reason: "Timeout", message: "late" })

const linesOf = (...given: Parameters<typeof timelineOf>) =>
  timelineOf(...given).map(({ at, title }) => `${at ?? "-"} ${title}`)

describe("timeline", () => {
  it("of a job that waits ends in what is to come", () => {
    expect(timelineOf(jobWith({ state: "scheduled", dueAt: 9000 }))).toEqual([
      { kind: "accepted", at: 1000, title: "Accepted" },
      { kind: "due", at: 9000, title: "Due", tone: "next" }
    ])
  })

  it("of a job that retries tells its failure and when it is tried again", () => {
    const job = jobWith({ state: "retrying", attempt: 1, dueAt: 9000, startedAt: 1500, errors: [failure(1, 2000)] })
    expect(timelineOf(job)).toEqual([
      { kind: "accepted", at: 1000, title: "Accepted" },
      { kind: "failed", at: 2000, title: "Attempt 1 failed: Timeout", tone: "bad", text: "late" },
      { kind: "due", at: 9000, title: "Attempt 2 due", tone: "next" }
    ])
  })

  it("of a job that runs says on which runner, and how often it was redelivered", () => {
    const job = jobWith({ state: "running", attempt: 1, startedAt: 3000, heldBy: "w1", redeliveries: 2 })
    expect(linesOf(job)).toEqual([
      "1000 Accepted",
      "- Redelivered 2 times: its runner was lost",
      "3000 Attempt 1 began on w1"
    ])
  })

  it("of a job that was scheduled and is done says when it was due", () => {
    const job = jobWith({ state: "completed", attempt: 1, dueAt: 5000, startedAt: 5100, finishedAt: 6000 })
    expect(linesOf(job)).toEqual(["1000 Accepted", "5000 Due", "5100 Attempt 1 began", "6000 Completed"])
  })

  it("of a dead letter ends in its reason, once, without the start of the attempt that failed", () => {
    const job = jobWith({
      state: "dead",
      attempt: 2,
      dueAt: 3000,
      startedAt: 3100,
      finishedAt: 4000,
      reason: "Timeout",
      errors: [failure(1, 2000), failure(2, 4000)]
    })
    expect(linesOf(job)).toEqual([
      "1000 Accepted",
      "2000 Attempt 1 failed: Timeout",
      "4000 Attempt 2 failed: Timeout",
      "4000 Dead letter: Timeout"
    ])
  })

  it("tells a replay where the attempts count from one again", () => {
    const job = jobWith({
      state: "dead",
      attempt: 1,
      replays: 1,
      startedAt: 5000,
      finishedAt: 6000,
      errors: [failure(1, 2000), failure(2, 4000), failure(1, 6000)]
    })
    expect(linesOf(job)).toEqual([
      "1000 Accepted",
      "2000 Attempt 1 failed: Timeout",
      "4000 Attempt 2 failed: Timeout",
      "- Replayed: attempts count from 1 again",
      "6000 Attempt 1 failed: Timeout",
      "6000 Dead letter"
    ])
  })

  it("tells a replay after the last failure of a job that lives again", () => {
    const job = jobWith({ replays: 1, dueAt: 7000, errors: [failure(3, 4000)] })
    expect(linesOf(job)).toEqual([
      "1000 Accepted",
      "4000 Attempt 3 failed: Timeout",
      "- Replayed: attempts count from 1 again",
      "7000 Attempt 1 due"
    ])
  })

  it("of a cancelled job ends there", () => {
    expect(linesOf(jobWith({ state: "cancelled", finishedAt: 2000 }))).toEqual(["1000 Accepted", "2000 Cancelled"])
  })
})
