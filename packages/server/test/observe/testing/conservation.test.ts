import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { MetricsService } from "../../../src/observe/metrics.ts"
import * as Testing from "../../../src/observe/testing.ts"

const own = Effect.provide(Testing.layer())

/** 5 mails came in and 4 went out; 2 digests came in, one of them again, and all went out. */
const played = Effect.gen(function* () {
  const { jobs } = yield* MetricsService
  const mail = { job_type: "mail", operation: "process" }
  const digest = { job_type: "digest" }
  yield* MetricsService.inc(jobs.enqueued, { job_type: "mail", operation: "submit", priority: "high" }, 5)
  yield* MetricsService.inc(jobs.completions, mail, 3)
  yield* MetricsService.inc(jobs.deadLettered, { job_type: "mail", reason: "Error" }, 1)
  yield* MetricsService.inc(jobs.enqueued, digest, 2)
  yield* MetricsService.inc(jobs.replays, digest, 1)
  yield* MetricsService.inc(jobs.completions, digest, 1)
  yield* MetricsService.inc(jobs.cancellations, digest, 1)
  yield* MetricsService.inc(jobs.deadLettered, { job_type: "digest", reason: "Error" }, 1)
})

const told = (held: number, options?: Testing.ConservationOptions) =>
  Effect.match(Testing.expectConserved(held, options), {
    onFailure: ({ message }) => message,
    onSuccess: () => "conserved"
  })

describe("expectConserved", () => {
  it.effect("holds over all types, and over one", () =>
    Effect.gen(function* () {
      yield* played
      expect(yield* told(1)).toBe("conserved")
      expect(yield* told(1, { jobType: "mail" })).toBe("conserved")
      expect(yield* told(0, { jobType: "digest" })).toBe("conserved")
      expect(yield* told(0, { jobType: "unknown" })).toBe("conserved")
    }).pipe(own)
  )

  it.effect("says each term, how many jobs are missing, and of which types some are left", () =>
    Effect.gen(function* () {
      yield* played
      expect(yield* told(0)).toBe(
        [
          "1 job came in and neither ended nor is held: enqueued 7 + replayed 1 = 8; " +
            "completed 4 + cancelled 1 + dead-lettered 2 + held 0 = 7",
          "  digest: 3 in, 3 out, all ended",
          "  mail: 5 in, 4 out, 1 left"
        ].join("\n")
      )
      expect(yield* told(3, { jobType: "mail" })).toBe(
        '2 jobs of the type "mail" ended or are held and never came in: enqueued 5 + replayed 0 = 5; ' +
          "completed 3 + cancelled 0 + dead-lettered 1 + held 3 = 7"
      )
    }).pipe(own)
  )

  it.effect("says that the number of held jobs is off where the queue's depth is another", () =>
    Effect.gen(function* () {
      const { jobs } = yield* MetricsService
      yield* played
      yield* MetricsService.gauge(jobs.queueDepth, { job_type: "mail", state: "retrying" }, 1)
      expect(yield* told(0, { jobType: "mail" })).toBe(
        [
          '1 job of the type "mail" came in and neither ended nor is held: enqueued 5 + replayed 0 = 5; ' +
            "completed 3 + cancelled 0 + dead-lettered 1 + held 0 = 4",
          "jobs_queue_depth shows 1 held, not 0; with that number the sums are equal"
        ].join("\n")
      )
    }).pipe(own)
  )
})
