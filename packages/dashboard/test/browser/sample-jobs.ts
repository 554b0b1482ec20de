/** Jobs of several types in all states, the same each time, some with texts that nobody should write. */
import type { JobView } from "@parametric-portal/server/infra/jobs-page/api"
import type { FixtureState } from "./jobs-fixture.ts"

/** The time of the database. */
export const now = Date.UTC(2026, 10, 27, 9, 30)

export const idOf = (index: number): string =>
  `0199${(0xa3b4 + Math.floor(index / 4096)).toString(16)}-${(index % 4096).toString(16).padStart(4, "0")}-7000-8000-${(index * 2654435761).toString(16).padStart(12, "0").slice(-12)}`

/** A job that waits; what is given is different. */
export const jobWith = (index: number, job: Partial<JobView> = {}): JobView => ({
  id: idOf(index),
  jobType: "send-mail",
  state: "ready",
  priority: "normal",
  attempt: 0,
  acceptedAt: now - 60_000 - index * 137,
  dueAt: now - 60_000 - index * 137,
  replays: 0,
  redeliveries: 0,
  errors: [],
  ...job
})

/** Texts that a page must show as they are. */
export const hostile = {
  markup: `<img src=x onerror="alert(1)"><script>alert(2)</script>`,
  bidi: "invoice\u202Efdp.exe",
  proto: "__proto__",
  long: "x".repeat(4000),
  lines: "first line\nsecond line\n\tthird"
}

const failure = (attempt: number, ageMs: number, [reason, message]: readonly [string, string]) => ({
  attempt,
  failedAt: now - ageMs,
  reason,
  message
})

const types: ReadonlyArray<readonly [type: string, ready: number, dead: number]> = [
  ["send-mail", 420, 61],
  ["digest", 130, 12],
  ["resize-image", 38, 4],
  ["charge-card", 0, 3],
  ["export-report", 6, 0],
  ["sync-crm", 912, 140]
]

const priorities = ["normal", "normal", "normal", "high", "low", "critical"] as const

const reasons: ReadonlyArray<readonly [reason: string, message: string]> = [
  ["Timeout", "No answer from smtp.internal:587 within 30 s"],
  ["HttpError", "503 Service Unavailable from https://crm.example/api/v2/contacts?page=12&size=500"],
  ["DecodeError", "Expected a positive number, actual -4\n  at amount\n  at lines[3]\n  at invoice"],
  ["RateLimited", "429 Too Many Requests: retry after 120 s"]
]

const deadOf = (index: number, jobType: string): JobView => {
  const [reason, message] = reasons[index % reasons.length] ?? ["", ""]
  const age = 90_000 + (index % 90) * 400_000
  const errors = [0, 1, 2].map((n) => failure(n + 1, age + (2 - n) * 45_000, [reason, message]))
  return jobWith(index, {
    jobType,
    state: "dead",
    attempt: 3,
    acceptedAt: now - age - 200_000,
    dueAt: now - age - 2000,
    startedAt: now - age - 1400,
    finishedAt: now - age,
    reason,
    errors
  })
}

const others = (from: number): Array<JobView> => {
  const jobs: Array<JobView> = []
  for (let n = 0; n < 23; n += 1) {
    jobs.push(
      jobWith(from + n, {
        jobType: types[n % 5]?.[0] ?? "digest",
        state: "running",
        attempt: n % 6 === 0 ? 2 : 1,
        startedAt: now - 800 - n * n * 900,
        heldBy: `worker-${(n % 3) + 1}.eu-west.example:34431`,
        ...(n % 2 === 0 ? { progress: { ratio: ((n * 13) % 100) / 100, note: `page ${n} of 100` } } : {})
      })
    )
  }
  for (let n = 0; n < 44; n += 1) {
    jobs.push(jobWith(from + 100 + n, { jobType: "digest", state: "scheduled", dueAt: now + 30_000 + n * 610_000 }))
  }
  for (let n = 0; n < 31; n += 1) {
    const [reason, message] = reasons[n % reasons.length] ?? ["", ""]
    const errors = [failure(1, 20_000 + n * 900, [reason, message])]
    jobs.push(
      jobWith(from + 200 + n, {
        jobType: "sync-crm",
        state: "retrying",
        attempt: 1,
        dueAt: now + 4000 + n * 2100,
        errors
      })
    )
  }
  for (let n = 0; n < 700; n += 1) {
    const finishedAt = now - 3000 - n * 4100
    jobs.push(
      jobWith(from + 300 + n, {
        state: n % 40 === 0 ? "cancelled" : "completed",
        attempt: 1,
        startedAt: finishedAt - 40 - (n % 17) * 310,
        finishedAt
      })
    )
  }
  return jobs
}

const hostileJobs = (from: number): Array<JobView> =>
  Object.values(hostile).map((text, n) =>
    jobWith(from + n, {
      jobType: text.slice(0, 400),
      state: "dead",
      attempt: 1,
      startedAt: now - 5000 - n,
      finishedAt: now - 4000 - n,
      reason: text.slice(0, 200),
      errors: [failure(1, 4000 + n, [text.slice(0, 200), text])]
    })
  )

/** What a server answers from, fresh for each test. */
export const sampleState = (): FixtureState => {
  const jobs: Array<JobView> = []
  for (const [jobType, ready, dead] of types) {
    for (let n = 0; n < ready; n += 1) {
      jobs.push(jobWith(jobs.length, { jobType, priority: priorities[n % priorities.length] ?? "normal" }))
    }
    for (let n = 0; n < dead; n += 1) {
      jobs.push(deadOf(jobs.length, jobType))
    }
  }
  jobs.push(...others(5000))
  return {
    now,
    access: { level: "write", who: "ana@example.org", hasPayloads: true },
    jobs,
    runners: [
      { name: "worker-1.eu-west.example:34431", running: 8, slots: 8, heartbeatAgeMs: 1200 },
      { name: "worker-2.eu-west.example:34431", running: 8, slots: 16, heartbeatAgeMs: 800 },
      { name: "worker-3.eu-west.example:34431", running: 7, heartbeatAgeMs: 94_000 }
    ],
    paused: new Set(["charge-card"]),
    payloads: new Map(),
    failures: new Map(),
    delayMs: 0,
    changes: [],
    reads: []
  }
}

/** The same with jobs whose texts are hostile. */
export const hostileState = (): FixtureState => {
  const state = sampleState()
  return { ...state, jobs: [...hostileJobs(9000), ...state.jobs.slice(0, 40)] }
}
