/** The demo with `--otlp`, on a collector that others wrote: it counts the spans and lines that the audit counted. */
import { describe, expect, it } from "@effect/vitest"
import { type Collector, collector } from "@parametric-portal/receivers/collector"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { attemptLine, attemptSpan } from "../../src/server/attempt-record.ts"
import { type Exited, folderOf, run } from "../program.ts"

const Document = Schema.parseJson(
  Schema.Struct({
    agreed: Schema.Boolean,
    jobs: Schema.Struct({ completed: Schema.Number, failed: Schema.Number, retried: Schema.Number }),
    otlp: Schema.Struct({
      address: Schema.String,
      spans: Schema.Number,
      logLines: Schema.Number,
      uncertain: Schema.Number,
      dropped: Schema.Struct({ spans: Schema.Number, logRecords: Schema.Number })
    })
  })
)

const documentOf = ({ code, stderr, stdout }: Exited) =>
  Effect.mapError(
    Schema.decode(Document)(stdout),
    ({ message }) => new Error(`it exited with ${code}: ${stderr.slice(-1_000)}\n${message}`)
  )

/** What the collector has of attempts. */
const received = ({ records }: Collector) => {
  const { lines, spans } = records()
  return {
    spans: spans.filter((name) => name === attemptSpan).length,
    logLines: lines.filter((text) => text === attemptLine).length
  }
}

const files = { "a.txt": "a", "deep/b.json": "{}" }

describe("the demo", { timeout: 60_000 }, () => {
  it.scopedLive("exports each attempt's span and line, and all its metrics", () =>
    Effect.gen(function* () {
      const receiver = yield* collector()
      const folder = yield* folderOf(files)
      const exited = yield* run("main", [folder, "--once", "--json", "--otlp", `${receiver.base}/`])
      const { agreed, jobs, otlp } = yield* documentOf(exited)
      expect({ code: exited.code, agreed }).toEqual({ code: 0, agreed: true })
      // Nothing is cancelled in so small a folder: each job that ended had an attempt for each of its ends and retries,
      // and the one that was replayed two.
      const attempts = jobs.completed + jobs.failed + jobs.retried + 1
      expect(otlp).toEqual({
        address: receiver.base,
        spans: attempts,
        logLines: attempts,
        uncertain: 0,
        dropped: { spans: 0, logRecords: 0 }
      })
      expect(received(receiver)).toEqual({ spans: attempts, logLines: attempts })
      expect(yield* receiver.total("jobs_completed_total")).toBe(jobs.completed)
      // Debug is for the exporter alone.
      expect(exited.stderr).not.toContain(attemptLine)
    })
  )

  it.scopedLive("exports those of several runners", () =>
    Effect.gen(function* () {
      const receiver = yield* collector()
      const folder = yield* folderOf(files)
      const exited = yield* run("main", [folder, "--once", "--json", "--runners", "2", "--otlp", receiver.base])
      const { otlp } = yield* documentOf(exited)
      expect(received(receiver)).toEqual({ spans: otlp.spans, logLines: otlp.logLines })
      expect(otlp.spans).toBeGreaterThan(20)
    })
  )
})
