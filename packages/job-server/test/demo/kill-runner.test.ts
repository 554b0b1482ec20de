import { describe, expect, it } from "@effect/vitest"
import type { LogEntry, LoggedEvent } from "../../src/audit/event-log.ts"
import { isExact } from "../../src/demo/kill-runner.ts"

const identity = { job: "a", type: "digest", priority: "normal" }
const claimed = { _tag: "Claimed", ...identity, attempt: 1, isRedelivered: false, acceptedAt: 0, dueAt: 0 } as const
const started = { _tag: "HandlerStarted", job: "a" } as const
const cancelled = { _tag: "Cancelled", ...identity, outcome: "success", tookMs: 1, attempts: 1 } as const
const submitted = { _tag: "Submitted", ...identity, outcome: "success", tookMs: 1 } as const

/** Whether an export after these is exact. */
const isExactAfter = (...events: ReadonlyArray<readonly [ms: number, event: LoggedEvent]>) =>
  isExact({ collectedAt: 1_000_000n, entries: events.length, entriesAtEnd: events.length }, events.map(entryOf))

const entryOf = ([ms, event]: readonly [number, LoggedEvent]): LogEntry => ({
  monotonicMs: ms,
  epochMs: ms,
  exportNanos: BigInt(ms),
  event
})

describe("an export", () => {
  it("is not exact while an attempt was claimed just now and has not started", () => {
    expect(isExactAfter([0, claimed], [100, submitted])).toBe(false)
  })

  it("is exact when every attempt has started", () => {
    expect(isExactAfter([0, claimed], [1, started], [100, submitted])).toBe(true)
  })

  it("is exact although a job was cancelled between its claim and its start, and so never starts", () => {
    expect(isExactAfter([0, claimed], [3, cancelled], [5_100, submitted])).toBe(true)
  })

  it("is not exact when it counts fewer entries than there were", () => {
    expect(isExact({ collectedAt: 1_000_000n, entries: 0, entriesAtEnd: 0 }, [entryOf([0, submitted])])).toBe(false)
  })

  it("is not exact when an entry was written while it was collected, which its metrics may have", () => {
    expect(
      isExact({ collectedAt: 1n, entries: 1, entriesAtEnd: 2 }, [entryOf([0, submitted]), entryOf([2, submitted])])
    ).toBe(false)
  })
})
