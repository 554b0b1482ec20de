/** The document that `npm run demo -- --json` prints, for tests, and a folder that gives it something to do. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Exited } from "../program.ts"

const Counts = Schema.Record({ key: Schema.String, value: Schema.Number })

/** The JSON document on standard output. */
const Document = Schema.parseJson(
  Schema.Struct({
    agreed: Schema.Boolean,
    jobs: Schema.Struct({
      total: Schema.Number,
      types: Counts,
      completed: Schema.Number,
      failed: Schema.Number,
      failures: Counts,
      cancelled: Schema.Number,
      retried: Schema.Number,
      replayed: Schema.Number,
      redelivered: Schema.Number,
      unfinished: Schema.Number
    }),
    metrics: Schema.Array(
      Schema.Struct({
        name: Schema.String,
        labels: Schema.Record({ key: Schema.String, value: Schema.String }),
        received: Schema.Number,
        truth: Schema.Number,
        agreed: Schema.Boolean
      })
    ),
    delivery: Schema.Struct({ lastSeen: Schema.String, lost: Schema.optional(Schema.String) })
  })
)

export const documentOf = ({ code, stderr, stdout }: Exited) =>
  Effect.mapError(
    Schema.decode(Document)(stdout),
    ({ message }) =>
      new Error(`it exited with ${code} and printed no such document: ${stderr.slice(-1000)}\n${message}`)
  )

/** Enough files for jobs that take a few seconds. */
export const manyFiles = Object.fromEntries(
  Array.from({ length: 80 }, (_, index) => [`texts/${index}.txt`, `Line ${index}\n`.repeat(2_000)])
)
