import { describe, expect, it } from "@effect/vitest"
import { audit } from "../../src/audit/audit.ts"
import type { LoggedEvent } from "../../src/audit/event-log.ts"
import { summaryOfTables } from "../../src/audit/job-summary.ts"
import type { JobTables } from "../../src/audit/job-tables.ts"

const job = {
  id: "a",
  type: "digest",
  priority: "normal",
  attempt: 1,
  retries: 0,
  redeliveries: 0,
  replays: 0
} as const

const tables: JobTables = {
  jobs: [
    { ...job, state: "completed", attempt: 3, retries: 2, replays: 1 },
    { ...job, id: "b", state: "dead", redeliveries: 1 },
    { ...job, id: "c", type: "parse", state: "cancelled" },
    { ...job, id: "d", state: "held" },
    { ...job, id: "e", state: "waiting" }
  ],
  errors: [
    { job_id: "a", reason: "Malformed" },
    { job_id: "b", reason: "Busy" },
    { job_id: "b", reason: "Malformed" }
  ]
}

describe("the tables", () => {
  it("say what became of the jobs", () => {
    expect(summaryOfTables(tables)).toEqual({
      total: 5,
      types: { digest: 4, parse: 1 },
      completed: 1,
      failed: 1,
      failures: { Malformed: 1 },
      cancelled: 1,
      retried: 2,
      replayed: 1,
      redelivered: 1,
      unfinished: 2
    })
  })

  const identity = { job: "a", type: "digest", priority: "normal" }
  const events: ReadonlyArray<LoggedEvent> = [
    { _tag: "Submitted", ...identity, outcome: "success", tookMs: 1 },
    { _tag: "Claimed", ...identity, ageMs: 1, dueMs: 1 },
    { _tag: "Started", ...identity, attempt: 1, isRedelivered: false },
    { _tag: "Settled", ...identity, as: "Completed", isAccepted: true }
  ]
  const differ = (row: Partial<JobTables["jobs"][number]>) =>
    differences([{ ...job, state: "completed", ...row }], events)
  const differences = (jobs: JobTables["jobs"], logged: ReadonlyArray<LoggedEvent>) => {
    const entries = logged.map((event, at) => ({ monotonicMs: at, epochMs: at, exportNanos: BigInt(at), event }))
    const { tablesDiffer } = audit([{ name: "server", isRunner: true, wasKilled: false, entries }], {
      series: [],
      tables: { jobs, errors: [] },
      areGaugesCurrent: true
    })
    return tablesDiffer
  }

  it("are as the event logs say", () => {
    expect(differ({})).toBe(undefined)
  })

  it("are shown where they have less than the event logs say", () => {
    expect(differ({ state: "held" })).toMatchObject({ completed: 0, unfinished: 1 })
  })

  it("are shown where they have more than the event logs say", () => {
    expect(differ({ replays: 1 })).toMatchObject({ replayed: 1 })
  })

  it("lack the jobs that were deleted, and no others", () => {
    expect(differences([], [...events, { _tag: "Deleted", job: "a" }])).toBe(undefined)
    expect(differences([], events)).toMatchObject({ total: 0, completed: 0 })
  })
})
