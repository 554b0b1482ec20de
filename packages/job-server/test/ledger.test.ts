import { describe, expect, it } from "@effect/vitest"
import { MetricsService } from "@parametric-portal/server/observe/metrics"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { type JobFacts, Ledger, type MessageFacts } from "../src/ledger.ts"
import { expectedOf } from "../src/truth.ts"
import { WorkFailed } from "../src/work.ts"

const process: JobFacts = {
  of: "job",
  operation: "process",
  job: "digest-1",
  type: "digest",
  priority: "normal",
  attempt: 1,
  isLast: true
}

const send: MessageFacts = { of: "message", operation: "send", entityType: "Job", message: "Process" }

const busy = new WorkFailed({ reason: "Busy", message: "busy" })

/** What the ledger expects of the metrics after an effect, without the times: `name{values of labels} count`. */
const movedBy = (facts: JobFacts | MessageFacts, effect: Effect.Effect<unknown, unknown>) =>
  Effect.gen(function* () {
    const ledger = new Ledger()
    const untracked = <A, E, R>(self: Effect.Effect<A, E, R>) => self
    const fiber = yield* Effect.fork(ledger.witness(untracked, facts)(effect))
    yield* Effect.yieldNow()
    yield* Fiber.interrupt(fiber)
    return expectedOf(ledger.entries).map((one) => {
      const count = one.kind === "count" ? one.value : one.values.length
      return `${one.name}{${Object.values(one.labels).join(" ")}} ${count}`
    })
  }).pipe(Effect.provide(MetricsService.layer({ registry: "own" })))

const cases: ReadonlyArray<
  readonly [string, JobFacts | MessageFacts, Effect.Effect<unknown, unknown>, ReadonlyArray<string>]
> = [
  [
    "a submit that succeeds",
    { ...process, operation: "submit" },
    Effect.void,
    ["jobs_processing_seconds{digest submit normal} 1", "jobs_enqueued_total{digest submit normal} 1"]
  ],
  [
    "a first attempt that succeeds",
    { ...process, enqueuedAt: 0 },
    Effect.void,
    [
      "jobs_processing_seconds{digest process normal} 1",
      "jobs_completed_total{digest process normal} 1",
      "jobs_wait_duration_seconds{digest process normal} 1",
      "jobs_duration_seconds{digest process normal} 1"
    ]
  ],
  [
    "a second attempt that fails and is not the last",
    { ...process, attempt: 2, isLast: false, enqueuedAt: 0 },
    busy,
    [
      "jobs_processing_seconds{digest process normal failure} 1",
      "jobs_failed_total{digest Busy} 1",
      "jobs_retried_total{digest process normal} 1",
      "jobs_wait_duration_seconds{digest process normal} 1"
    ]
  ],
  [
    "a last attempt that dies",
    { ...process, enqueuedAt: 0 },
    Effect.die(new TypeError("no")),
    [
      "jobs_processing_seconds{digest process normal defect} 1",
      "jobs_failed_total{digest TypeError} 1",
      "jobs_wait_duration_seconds{digest process normal} 1",
      "jobs_duration_seconds{digest process normal} 1"
    ]
  ],
  [
    "an attempt that is interrupted: a cancel, or another runner, accounts for it",
    { ...process, enqueuedAt: 0 },
    Effect.never,
    [
      "jobs_processing_seconds{digest process normal interrupted} 1",
      "jobs_wait_duration_seconds{digest process normal} 1"
    ]
  ],
  [
    "a cancel",
    { ...process, operation: "cancel" },
    Effect.void,
    ["jobs_processing_seconds{digest cancel normal} 1", "jobs_cancelled_total{digest cancel normal} 1"]
  ],
  [
    "a message that was sent",
    send,
    Effect.void,
    ["cluster_message_latency_seconds{Job send Process} 1", "cluster_messages_sent_total{Job send Process} 1"]
  ],
  [
    "a message that failed where it was received",
    { ...send, operation: "receive" },
    busy,
    ["cluster_message_latency_seconds{Job receive Process} 1", "cluster_errors_total{Job Busy} 1"]
  ]
]

describe("the ledger expects of the metrics, after", () => {
  it.live.each(cases)("%s", ([, facts, effect, expected]) =>
    Effect.map(movedBy(facts, effect), (moved) => expect(moved).toEqual(expected))
  )

  it.effect("what never began: nothing", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      yield* Effect.interrupt.pipe(Effect.zipRight(ledger.witness((self) => self, process)(Effect.void)), Effect.exit)
      expect(ledger.entries).toEqual([])
    }).pipe(Effect.provide(MetricsService.layer({ registry: "own" })))
  )
})

describe("the times of the ledger", () => {
  it.live("enclose those of the tracking, which is between its inner and its outer side", () =>
    Effect.gen(function* () {
      const ledger = new Ledger()
      const slow = <A, E, R>(self: Effect.Effect<A, E, R>) =>
        Effect.delay(self, "30 millis").pipe(Effect.zipLeft(Effect.sleep("30 millis")))
      yield* ledger.witness(slow, process)(Effect.sleep("20 millis"))
      const [entry] = ledger.entries
      expect(entry?.seconds.atLeast).toBeGreaterThan(0.015)
      expect((entry?.seconds.atMost ?? 0) - (entry?.seconds.atLeast ?? 0)).toBeGreaterThan(0.055)
    }).pipe(Effect.provide(MetricsService.layer({ registry: "own" })))
  )
})
