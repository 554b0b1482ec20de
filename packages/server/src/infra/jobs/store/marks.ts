/**
 * Low-water marks of claims. While some transaction stays open elsewhere, the database can't forget the entries of jobs
 * that were claimed, and each claim would read past all of them. What is full keeps a claim from looking back: only
 * jobs that became due since shortly before the last one claimed are looked at, and all once a second, or once there
 * are few.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { priorityNumber, type Since } from "./dialect.ts"
import type { ClaimRequest, HeldJob } from "./operations.ts"

/** What is committed so much later than it became due waits for the next full look. */
const slackMs = 2000
const fullLookNanos = 1_000_000_000n

/** The marks of each runner's life. */
export interface Marks {
  /** Where a claim may begin to look. */
  readonly before: (request: ClaimRequest) => Effect.Effect<Since>
  readonly after: (request: ClaimRequest, claimed: ReadonlyArray<HeldJob>) => Effect.Effect<void>
}

interface LifeMarks {
  readonly lookedAt: bigint
  readonly due: Map<string, number>
}

export const makeMarks = (): Marks => {
  const lives = new Map<string, LifeMarks>()
  const before: Marks["before"] = ({ runnerId }) =>
    Effect.map(Clock.currentTimeNanos, (now) => {
      const life = lives.get(runnerId)
      if (life === undefined || now - life.lookedAt >= fullLookNanos) {
        lives.set(runnerId, { lookedAt: now, due: new Map() })
        return () => 0
      }
      return (type, priority) => Math.max(0, (life.due.get(nameOf(type, priority)) ?? 0) - slackMs)
    })
  const after: Marks["after"] = ({ most, runnerId }, jobs) =>
    Effect.sync(() => {
      if (jobs.length < most) {
        lives.delete(runnerId)
        return
      }
      const due = lives.get(runnerId)?.due
      jobs.forEach((job) => due?.set(nameOf(job.type, priorityNumber(job.priority)), job.dueAt))
    })
  return { before, after }
}

const nameOf = (type: string, priority: number): string => `${priority} ${type}`
