/** The jobs of these tests: they take their time, and write down in a file of their own when they began and how they ended. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
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

/** What does nothing, and leaves no record. */
export const Quick = Job.make({
  type: "quick",
  payload: Schema.Void,
  success: Schema.Void,
  error: Schema.Never,
  concurrency: 32
})

/** What takes its process down after a while, by a promise that is rejected and that nobody waits for. */
export const Poison = Job.make({
  type: "poison",
  payload: Schema.Struct({ n: Schema.Number, ms: Schema.Number }),
  success: Schema.Void,
  error: Schema.Never
})

/** One line of the record, which no runner reads. */
export interface Line {
  readonly runner: string
  readonly n: number
  readonly attempt: number
  readonly isRedelivered: boolean
  readonly what: "submitted" | "began" | "ended" | "interrupted"
  /** Milliseconds of a clock that nobody sets, the same for all processes of a machine. */
  readonly at: number
}

/** The time by that clock. */
export const monotonicMs = (): number => Number(process.hrtime.bigint() / 1_000_000n)

/** The handlers of a runner. */
export const handlersLive = ({ file, runner }: { readonly file: string; readonly runner: string }) => {
  const write = (line: Pick<Line, "n" | "attempt" | "isRedelivered" | "what">) =>
    Effect.sync(() => {
      const { attempt, isRedelivered, n, what } = line
      const all: Line = { runner, n, attempt, isRedelivered, what, at: monotonicMs() }
      appendFileSync(file, `${JSON.stringify(all)}\n`)
    })
  const work = Work.toLayer(({ ms, n }, { attempt, isRedelivered }) =>
    write({ n, attempt, isRedelivered, what: "began" }).pipe(
      Effect.zipRight(Effect.sleep(ms)),
      Effect.as(n),
      Effect.onExit((exit) =>
        write({ n, attempt, isRedelivered, what: Exit.isSuccess(exit) ? "ended" : "interrupted" })
      )
    )
  )
  const poison = Poison.toLayer(({ ms, n }, { attempt, isRedelivered }) =>
    write({ n, attempt, isRedelivered, what: "began" }).pipe(
      Effect.zipRight(Effect.sleep(ms)),
      Effect.zipRight(Effect.sync(() => void Promise.reject(new Error("poison")))),
      Effect.zipRight(Effect.never)
    )
  )
  return Layer.mergeAll(
    work,
    poison,
    Quick.toLayer(() => Effect.void)
  )
}

/** What has been written down. */
export const lines = (file: string): ReadonlyArray<Line> =>
  existsSync(file)
    ? readFileSync(file, "utf8")
        .split("\n")
        .filter((line) => line !== "")
        .map((line): Line => JSON.parse(line))
    : []
