/** The work of each type of job on a file. It knows nothing of clusters, metrics or the demo. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { createHash } from "node:crypto"
import { createReadStream } from "node:fs"
import { readFile, stat } from "node:fs/promises"
import { pipeline } from "node:stream/promises"
import { createGzip } from "node:zlib"

export const JobType = Schema.Literal("digest", "compress", "parse")
export type JobType = typeof JobType.Type

/**
 * - `Malformed`: the content is not JSON
 * - `TooLarge`: the content is over the limit
 * - `Unreadable`: the file is gone or cannot be read
 * - `Busy`: the file is in use; another attempt may succeed
 */
export const FailureReason = Schema.Literal("Malformed", "TooLarge", "Unreadable", "Busy")
export type FailureReason = typeof FailureReason.Type

/** A job failed, for one of the reasons above. */
export class WorkFailed extends Schema.TaggedError<WorkFailed>("job-server/WorkFailed")("WorkFailed", {
  reason: FailureReason,
  message: Schema.String
}) {}

/** The largest file that `parse` accepts. */
export const parseLimitBytes = 1024 * 1024

/** Does the work and returns its result as text. An interruption stops it at the next chunk. */
export const work = (type: JobType, file: string): Effect.Effect<string, WorkFailed> => works[type](file)

/** The SHA-256 of a file's content, in hexadecimal. */
const digest = (file: string) =>
  readFrom(file, async (signal) => {
    const hash = createHash("sha256")
    await pipeline(
      createReadStream(file),
      async (source) => {
        for await (const chunk of source) {
          hash.update(chunk)
        }
      },
      { signal }
    )
    return hash.digest("hex")
  })

/** The size after gzip at level 6 as a share of the size before; 1 for an empty file. */
const compress = (file: string) =>
  readFrom(file, async (signal) => {
    let before = 0
    let after = 0
    await pipeline(
      createReadStream(file).on("data", (chunk) => {
        before += chunk.length
      }),
      createGzip({ level: 6 }),
      async (source) => {
        for await (const chunk of source) {
          after += chunk.length
        }
      },
      { signal }
    )
    return before === 0 ? "1" : (after / before).toFixed(3)
  })

/** Reads a file as JSON. */
const parse = (file: string) =>
  Effect.gen(function* () {
    const { size } = yield* readFrom(file, () => stat(file))
    if (size > parseLimitBytes) {
      return yield* new WorkFailed({
        reason: "TooLarge",
        message: `${size} bytes is more than the limit of ${parseLimitBytes}`
      })
    }
    const text = yield* readFrom(file, (signal) => readFile(file, { encoding: "utf8", signal }))
    const value = yield* Effect.mapError(
      Schema.decode(Schema.parseJson())(text),
      (error) => new WorkFailed({ reason: "Malformed", message: error.message.slice(0, 200) })
    )
    return Array.isArray(value) ? "array" : value === null ? "null" : typeof value
  })

const works = { digest, compress, parse } as const satisfies Record<
  JobType,
  (file: string) => Effect.Effect<string, WorkFailed>
>

const readFrom = <A>(file: string, read: (signal: AbortSignal) => Promise<A>): Effect.Effect<A, WorkFailed> =>
  Effect.tryPromise({
    try: read,
    catch: (error) =>
      new WorkFailed({
        reason: "Unreadable",
        message: `${file}: ${error instanceof Error ? error.message : String(error)}`
      })
  })
