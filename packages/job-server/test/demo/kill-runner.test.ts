import { describe, expect, it } from "@effect/vitest"
import type { LogEntry, LoggedEvent } from "../../src/audit/event-log.ts"
import { isExact } from "../../src/demo/kill-runner.ts"

const identity = { job: "a", type: "digest", priority: "normal" }
const claimed = { _tag: "Claimed", ...identity, ageMs: 0, dueMs: 0 } as const
const started = { _tag: "Started", ...identity, attempt: 1, isRedelivered: false } as const
const handlerStarted = { _tag: "HandlerStarted", job: "a" } as const
const finished = { _tag: "HandlerFinished", job: "a", outcome: "success", tookMs: 1 } as const
const settled = { _tag: "Settled", ...identity, as: "Completed", isAccepted: true } as const
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
  it("is exact although a job was claimed that has not started", () => {
    expect(isExactAfter([0, claimed], [100, submitted])).toBe(true)
  })

  it("is not exact while an attempt was started just now and its handler was not", () => {
    expect(isExactAfter([0, claimed], [0, started], [100, submitted])).toBe(false)
  })

  it("is exact when every handler has started", () => {
    expect(isExactAfter([0, claimed], [0, started], [1, handlerStarted], [100, submitted])).toBe(true)
  })

  it("is not exact while a handler ended just now and its end is not written", () => {
    expect(isExactAfter([0, claimed], [0, started], [1, handlerStarted], [90, finished], [100, submitted])).toBe(false)
  })

  it("is exact when the end of the handler is written", () => {
    expect(isExactAfter([0, claimed], [0, started], [1, handlerStarted], [90, finished], [91, settled])).toBe(true)
  })

  it("is exact although a job was cancelled between its start and that of its handler, which never starts", () => {
    expect(isExactAfter([0, claimed], [0, started], [3, cancelled], [20_100, submitted])).toBe(true)
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
