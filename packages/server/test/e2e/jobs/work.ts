/** The job of these tests: it takes its time, and writes down in a file of its own when it began and how it ended. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import { appendFileSync, existsSync, readFileSync } from "node:fs"
import { Job } from "../../../src/infra/jobs.ts"

/** How many of them a runner runs at once. */
export const concurrency = 8

/** What a job does. */
export const Work = Job.make({
  type: "work",
  payload: Schema.Struct({ n: Schema.Number, ms: Schema.Number }),
  success: Schema.Number,
  error: Schema.Never,
  concurrency,
  timeout: "2 minutes"
})

/** One line of the record, which no runner reads. */
export interface Line {
  readonly runner: string
  readonly n: number
  readonly attempt: number
  readonly isRedelivered: boolean
  readonly what: "began" | "ended" | "interrupted"
}

/** The handler of a runner. */
export const workLive = ({ file, runner }: { readonly file: string; readonly runner: string }) =>
  Work.toLayer(({ ms, n }, { attempt, isRedelivered }) => {
    const write = (what: Line["what"]) =>
      Effect.sync(() =>
        appendFileSync(file, `${JSON.stringify({ runner, n, attempt, isRedelivered, what } satisfies Line)}\n`)
      )
    return write("began").pipe(
      Effect.zipRight(Effect.sleep(ms)),
      Effect.as(n),
      Effect.onExit((exit) => write(Exit.isSuccess(exit) ? "ended" : "interrupted"))
    )
  })

/** What has been written down. */
export const lines = (file: string): ReadonlyArray<Line> =>
  existsSync(file)
    ? readFileSync(file, "utf8")
        .split("\n")
        .filter((line) => line !== "")
        .map((line): Line => JSON.parse(line))
    : []
