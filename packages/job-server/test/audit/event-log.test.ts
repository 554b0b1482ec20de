import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { appendFileSync } from "node:fs"
import path from "node:path"
import { EventLog, type LoggedEvent, readEventLog, startsOf } from "../../src/audit/event-log.ts"
import { folderOf } from "../program.ts"

it.scopedLive("an event log in a file is written entry by entry, and an incomplete last line is ignored", () =>
  Effect.gen(function* () {
    const file = path.join(yield* folderOf({}), "events.jsonl")
    const log = new EventLog(file)
    log.append({ _tag: "HandlerStarted", job: "1" })
    log.append({ _tag: "HandlerFinished", job: "1", outcome: "failure", reason: "Busy", tookMs: 2 })
    yield* Effect.sync(() => appendFileSync(file, '{"monotonicMs":12.5,"epo'))
    expect(yield* readEventLog(file)).toEqual(log.entries)
  })
)

it("a start is none where its claim went back, and only there", () => {
  const job = { job: "1", type: "digest", priority: "normal" }
  const claimed: LoggedEvent = { _tag: "Claimed", ...job, ageMs: 0, dueMs: 0 }
  const started = (attempt: number): LoggedEvent => ({ _tag: "Started", ...job, attempt, isRedelivered: false })
  const settled = (as: "Retrying" | "Returned"): LoggedEvent => ({ _tag: "Settled", ...job, as, isAccepted: true })
  const first = [claimed, started(1), settled("Retrying")]
  expect(startsOf([...first, claimed, started(2), settled("Returned")])).toEqual([started(1)])
  // A suspect is claimed without being marked as started.
  expect(startsOf([...first, claimed, settled("Returned")])).toEqual([started(1)])
})
