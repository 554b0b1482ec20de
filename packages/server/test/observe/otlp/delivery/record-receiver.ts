/**
 * A receiver of spans and log records as a program, for the delivery matrix. It talks with who started it over the
 * channel of a child process: it says where it listens, fails as it is told to, and tells what it took.
 */
import type { FailureMode } from "@parametric-portal/dashboard/spawn"
import * as Effect from "effect/Effect"
import { type RecordAnswer, recordEndpoint, taken } from "../../../support/record-endpoint.ts"

/** What it is told. */
export type RecordCommand =
  | { readonly tell: "mode"; readonly mode: FailureMode }
  | { readonly tell: "clear" }
  | { readonly tell: "state" }

/** What it says, once for each command, and at the start. */
export interface RecordState {
  readonly base: string
  /** The names of spans and the texts of log records that it took, in order. */
  readonly spans: ReadonlyArray<string>
  readonly lines: ReadonlyArray<string>
}

const answerOf = (mode: FailureMode): RecordAnswer => {
  switch (mode._tag) {
    case "Slow":
      return { status: 200, afterMs: mode.millis }
    case "Status": {
      const { retryAfterSeconds, status } = mode
      return retryAfterSeconds === undefined
        ? { status }
        : { status, headers: { "retry-after": String(retryAfterSeconds) } }
    }
    case "Hang":
      return "never"
    case "Reset":
      return "reset"
    default:
      return taken
  }
}

const main = Effect.gen(function* () {
  let answer: RecordAnswer = taken
  const endpoint = yield* recordEndpoint(() => answer)
  const say = () => {
    const state: RecordState = { base: endpoint.base, ...endpoint.took }
    process.send?.(state)
  }
  process.on("message", (command: RecordCommand) => {
    if (command.tell === "clear") {
      endpoint.clear()
    }
    if (command.tell !== "mode") {
      return say()
    }
    answer = answerOf(command.mode)
    void endpoint.refuse(command.mode._tag === "Refuse").then(say)
  })
  say()
  yield* Effect.async<void>((resume) => {
    process.once("disconnect", () => resume(Effect.void))
  })
})

await Effect.runPromise(Effect.scoped(main))
