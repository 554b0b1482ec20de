import { describe, expect, it } from "@effect/vitest"
import { isExact } from "../../src/demo/kill-runner.ts"
import type { Entry, Happened } from "../../src/audit/event-log.ts"

const kind = { job: "a", type: "digest", priority: "normal" }
const claimed = { _tag: "Claimed", ...kind, attempt: 1, isRedelivered: false, acceptedAt: 0, dueAt: 0 } as const
const began = { _tag: "Began", job: "a" } as const
const cancelled = { _tag: "Cancelled", ...kind, outcome: "success", tookMs: 1, attempts: 1 } as const
const submitted = { _tag: "Submitted", ...kind, outcome: "success", tookMs: 1 } as const

/** Whether an export after these is exact. */
const isExactAfter = (...happened: ReadonlyArray<readonly [at: number, what: Happened]>) =>
  isExact({ collectedAt: 1_000_000n, entries: happened.length }, happened.map(entryOf))

const entryOf = ([at, what]: readonly [number, Happened]): Entry => ({ at, wallAt: at, stamp: BigInt(at), what })

describe("the moment to kill a runner", () => {
  it("is not while an attempt was claimed just now and has not begun", () => {
    expect(isExactAfter([0, claimed], [100, submitted])).toBe(false)
  })

  it("is when every attempt has begun", () => {
    expect(isExactAfter([0, claimed], [1, began], [100, submitted])).toBe(true)
  })

  it("comes although a job was cancelled between its claim and its beginning, and so never begins", () => {
    expect(isExactAfter([0, claimed], [3, cancelled], [5_100, submitted])).toBe(true)
  })

  it("is not when the export counts fewer entries than there were", () => {
    expect(isExact({ collectedAt: 1_000_000n, entries: 0 }, [entryOf([0, submitted])])).toBe(false)
  })
})
