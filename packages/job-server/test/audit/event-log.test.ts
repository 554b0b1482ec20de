import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { appendFileSync } from "node:fs"
import path from "node:path"
import { EventLog, readEventLog } from "../../src/audit/event-log.ts"
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
