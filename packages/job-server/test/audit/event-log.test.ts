import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { appendFileSync } from "node:fs"
import path from "node:path"
import { Ledger, readLedger } from "../../src/audit/event-log.ts"
import { folderOf } from "../program.ts"

it.scopedLive("a ledger in a file is there entry by entry, and half a line of a killed process is none", () =>
  Effect.gen(function* () {
    const file = path.join(yield* folderOf({}), "ledger")
    const ledger = new Ledger(file)
    ledger.write({ _tag: "Began", job: "1" })
    ledger.write({ _tag: "Finished", job: "1", outcome: "failure", reason: "Busy", tookMs: 2 })
    yield* Effect.sync(() => appendFileSync(file, '{"at":12.5,"wal'))
    expect(yield* readLedger(file)).toEqual(ledger.entries)
  })
)
